/** The figures that the verifier prints at log level 4 (BPF_LOG_STATS); null for what this kernel does not print. */
export interface VerifierFigures {
  readonly durationUs: number | null;
  /** Instructions that were walked, each as often as it was walked. */
  readonly insns: number | null;
  readonly maxStatesPerInsn: number | null;
  readonly totalStates: number | null;
  readonly peakStates: number | null;
  readonly markRead: number | null;
  /** Bytes, all functions together. */
  readonly stackDepth: number | null;
}

/** Lines with figures, at the end of a log: print_verification_stats() in kernel/bpf/verifier.c. */
const FIGURE_LINE =
  /^(?:verification time \d|(?:max )?stack depth |subprog \d+ \(.* insns_total |processed \d+ insns)/;

/** What the verifier says on its way and not about the program's fault. */
const ASIDE =
  /^(?:Func#\d+ .*(?:Skipping|global)|Validating |from \d+ to \d+|last_idx |regs=|func#\d+ @|;|\d+: )/;

/** Reads the figures of a log of the verifier's. Never throws. */
export function verifierFigures(log: string): VerifierFigures {
  const found = (pattern: RegExp): number | null => {
    const digits = pattern.exec(log)?.[1];
    return digits === undefined ? null : finite(Number(digits));
  };
  return {
    durationUs: found(/^verification time (\d+) usec/m),
    insns: found(/^processed (\d+) insns/m),
    maxStatesPerInsn: found(/^processed .* max_states_per_insn (\d+)/m),
    totalStates: found(/^processed .* total_states (\d+)/m),
    peakStates: found(/^processed .* peak_states (\d+)/m),
    markRead: found(/^processed .* mark_read (\d+)/m),
    stackDepth: stackDepthIn(log),
  };
}

/** `stack depth 32+16`, one number for each function; a line for each of them in newer kernels. */
function stackDepthIn(log: string): number | null {
  const joined = /^stack depth (\d[\d+]*)/m.exec(log)?.[1]?.split('+');
  const depths =
    joined ?? [...log.matchAll(/^subprog \d+ \(.* stack (\d+)$/gm)].map(([, depth]) => depth ?? '');
  return depths.length === 0 ? null : finite(depths.reduce((sum, depth) => sum + Number(depth), 0));
}

function finite(value: number): number | null {
  return Number.isSafeInteger(value) ? value : null;
}

/** Lines of a log without the figures at its end, and without empty ones. */
export function withoutFigures(log: string): string[] {
  return log.split('\n').filter(line => line.trim() !== '' && !FIGURE_LINE.test(line));
}

/** Where 7.3 begins to explain a refusal at length, after the line that every kernel has. */
const EXPLANATION = /^Verification failed: /m;

/** The part of a log that kernels of every age have. */
export function withoutExplanation(log: string): string {
  return log.split(EXPLANATION, 1)[0] ?? '';
}

/** Why the verifier refused: the last line of a log that says something about it. Null for a log without one. */
export function refusalOf(log: string): string | null {
  const lines = withoutFigures(withoutExplanation(log));
  return (lines.findLast(line => !ASIDE.test(line)) ?? lines.at(-1))?.trim() ?? null;
}

/** The line of source at which the verifier stopped. */
export interface SourceLine {
  readonly text: string;
  /** `fw.bpf.c:12`; null where the kernel does not print it (before 6.9). */
  readonly place: string | null;
}

/** The last line of source that a log of level 1 has; null for a program without line information. */
export function sourceLineOf(log: string): SourceLine | null {
  const line = log.split('\n').findLast(one => one.startsWith('; '));
  if (line === undefined) return null;
  const marked = line.lastIndexOf(' @ ');
  const place = marked < 0 ? '' : line.slice(marked + 3).trim();
  if (!/^\S{1,255}:\d+$/.test(place)) return { text: line.slice(2).trim(), place: null };
  return { text: line.slice(2, marked).trim(), place };
}

/** What libbpf prints after the line that says why. */
const AFTERMATH =
  /^(?:failed to load object|prog '[^']*': (?:BPF program load failed|failed to (?:load|relocate|perform CO-RE relocations|prepare load attributes))|failed to perform CO-RE relocations|failed to find valid kernel BTF|Error loading vmlinux BTF|-- (?:BEGIN|END) PROG|.*Retrying without BTF)/;

/** Why libbpf could not load an object: the last line of its words that says why. Null where it said nothing. */
export function libbpfReason(printed: string): string | null {
  const lines = printed
    .split('\n')
    .map(line => line.replace(/^libbpf: /, '').trim())
    .filter(line => line !== '');
  return lines.findLast(line => !AFTERMATH.test(line)) ?? lines.at(-1) ?? null;
}
