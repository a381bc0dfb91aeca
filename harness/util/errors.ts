/**
 * Whose fault an error is. `usage`: the command line. `scenario`: a scenario file. `infra`: the host (QEMU, disk, download).
 * `guest`: a guest was lost (`GuestFailure`). `agent`: the agent refused a request (`AgentError`) or its channel was lost.
 * `step`: a step failed (`StepFailure`). `expectation`: what a program expects of its guest does not hold (`ExpectationError`).
 * `topology`: the guest's kernel does not make the devices, or what else `guest` asks for. `harness`: bpfrig itself.
 */
export type ErrorCode =
  'usage' | 'scenario' | 'infra' | 'guest' | 'agent' | 'step' | 'expectation' | 'topology' | 'harness';

/** What an error carries in addition to its message. */
export interface ErrorOptions {
  /** Long text: a build log, a verifier log, QEMU's stderr. Null when there is none. */
  readonly detail?: string | null;
  readonly cause?: unknown;
}

/**
 * The base of every error that bpfrig throws: a one-line message for people (what was tried, what was seen, what to do), long
 * text in `detail`. Subclasses add data, and are named by their class.
 */
export class BpfrigError extends Error {
  override readonly name: string;
  readonly code: ErrorCode;
  readonly detail: string | null;

  constructor(code: ErrorCode, message: string, { detail = null, cause }: ErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.detail = detail;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
