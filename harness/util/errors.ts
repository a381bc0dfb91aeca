/**
 * Whose fault it is. `usage`: the command line. `scenario`: a scenario file. `infra`: the host (QEMU, disk, download, port).
 * `harness`: bpfrig itself. A kernel's fault is never an exception: it is a verdict.
 */
export type ErrorCode = 'usage' | 'scenario' | 'infra' | 'harness';

/** The one error class of bpfrig: a message of one line for people (what was tried, what was seen, what to do), long text apart. */
export class BpfrigError extends Error {
  override readonly name = 'BpfrigError';
  readonly code: ErrorCode;
  /** Long text: a build log, a verifier log, QEMU's stderr. Null when there is none. */
  readonly detail: string | null;

  constructor(code: ErrorCode, message: string, options: { detail?: string | null; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = options.detail ?? null;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
