import type { OpAnswer } from '../../guest/protocol.ts';
import {
  libbpfReason,
  refusalOf,
  sourceLineOf,
  verifierFigures,
  withoutExplanation,
  withoutFigures,
} from '../../guest/verifier-log.ts';
import type { LoadCell, LoadFigures } from '../../model/load-report.ts';

/** A cell without its place: the outcome of a program. */
export type LoadOutcome = Omit<LoadCell, 'kernel' | 'file_name' | 'prog_name'>;

/** How many lines of a log a report keeps. */
const KEPT_LINES = 24;

const NOTHING = {
  reason: '',
  call: null,
  errno: null,
  source: null,
  place: null,
  lines: [],
  figures: null,
} as const;

/** What an answer of the agent's `verify` says. */
export function judgeLoad(answer: OpAnswer<'verify'>): LoadOutcome {
  const { failure, stats, log, printed } = answer;
  if (failure === null) return { ...NOTHING, state: 'loaded', figures: figuresOf(answer) };
  if (failure.kind !== 'kernel') {
    const reason = libbpfReason(printed) ?? failure.message;
    return { ...NOTHING, state: 'unloadable', reason, lines: lastLines(printed) };
  }
  const { where: call, errno, message } = failure;
  const spoken = refusalOf(stats) ?? refusalOf(log);
  const reason = spoken ?? `${call} returned ${errno}: ${message}`;
  const source = sourceLineOf(log);
  return {
    state: 'refused',
    reason,
    call,
    errno,
    source: source?.text ?? null,
    place: source?.place ?? null,
    lines: lastLines(spoken === null ? printed : wayTo(spoken, log)),
    figures: spoken === null ? null : figuresOf(answer),
  };
}

/** The log, which must end with the refusal: a kernel before 6.4 keeps the beginning of one that is too long. */
function wayTo(refusal: string, log: string): string {
  return log.includes(refusal) ? log : refusal;
}

/** The last lines of a log, which say why. 7.3's long advice after them would leave no room for the registers. */
function lastLines(text: string): string[] {
  return withoutFigures(withoutExplanation(text)).slice(-KEPT_LINES);
}

/** Programs that no kernel is asked about, by libbpf's name of their type. */
const SKIPPED: Readonly<Record<string, string>> = {
  ext: 'replaces a function of another program: its loader names the target',
  unspec: 'its section says no program type, and its context has several: its loader sets it',
};

/** Why a program of this type can only be loaded by its own loader; null for one that can be loaded. */
export function skippedType(type: string): LoadOutcome | null {
  const reason = SKIPPED[type];
  return reason === undefined ? null : { ...NOTHING, state: 'skipped', reason };
}

/** Every program of an object that libbpf cannot open. */
export function unopened(message: string, printed: string | null): LoadOutcome {
  const reason = (printed === null ? null : libbpfReason(printed)) ?? message;
  return { ...NOTHING, state: 'unloadable', reason, lines: lastLines(printed ?? '') };
}

/** A program whose guest was lost, by the kernel's doing or the host's. */
export function lostProgram(
  state: 'crashed' | 'lost' | 'unloadable',
  reason: string,
  lines: readonly string[],
): LoadOutcome {
  return { ...NOTHING, state, reason, lines: lines.slice(-KEPT_LINES) };
}

function figuresOf(answer: OpAnswer<'verify'>): LoadFigures {
  const seen = verifierFigures(answer.stats);
  // Only of a program that is there does the kernel say something.
  const kept = (value: number): number | null => (value === 0 ? null : value);
  return {
    verified_insns: kept(answer.verified_insns),
    total_insns: seen.insns,
    total_states: seen.totalStates,
    peak_states: seen.peakStates,
    max_states_per_insn: seen.maxStatesPerInsn,
    max_mark_read_len: seen.markRead,
    stack_depth: seen.stackDepth,
    duration: seen.durationUs,
    prog_size: answer.insns,
    xlated_bytes: kept(answer.xlated_bytes),
    prog_size_jited: kept(answer.jited_bytes),
    prog_type: answer.type,
    attach_type: answer.attach_type,
  };
}
