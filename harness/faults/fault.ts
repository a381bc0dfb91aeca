import type { RunEvent } from '../model/events.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Place } from './place.ts';

/** The verdicts that a faulty cell may get: the table cannot even state a green one. */
export type RedVerdict = Exclude<Verdict, 'pass' | 'skip' | 'known'>;

/** One fault: how it is injected, and what bpfrig must make of it. */
export interface Fault {
  /** Area and fault: `qemu/killed-0120`. */
  readonly name: string;
  /** What is done to which part, for readers: docs/faults.md. */
  readonly injected: string;
  /** The verdicts that are right for each cell. Empty: bpfrig ends without judging one, which the exit code says. */
  readonly verdict: readonly RedVerdict[];
  /** Whether bpfrig may also end without judging a cell, for which the exit code and the words then have to speak. */
  readonly unjudged?: boolean;
  /** The exit codes that are right; 128 plus the signal's number for a process that a signal ended. */
  readonly exit: readonly number[];
  /** Longest time from the start of bpfrig to its end, on a host that is not overloaded. */
  readonly seconds: number;
  /** What the reasons of the cells or the messages must have: each of these. */
  readonly words: readonly RegExp[];
  /**
   * What may be left in the temporary folder and in the cache by a bpfrig that could not tidy up. The suite then starts another run in
   * the same place, which has to remove it. Absent: nothing. A process may never be left.
   */
  readonly left?: string;
  /** Belongs to the sound part that `.ci/run` runs. */
  readonly sample?: boolean;
  readonly inject: (place: Place) => Injection | Promise<Injection>;
}

/** How bpfrig is started so that the fault happens. */
export interface Injection {
  /** Arguments of `./bpfrig`. */
  readonly argv: readonly string[];
  /** Variables of its environment; undefined removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Puts other programs before `./bpfrig ARGV`, each of which replaces itself by the next. */
  readonly wrap?: (command: readonly string[]) => readonly string[];
  readonly cwd?: string;
  /** Called when bpfrig was started. */
  readonly during?: (run: LiveRun) => void;
  /** Called when it has ended, before the place is searched for leftovers: undoes what the injection itself left. */
  readonly after?: () => void | Promise<void>;
}

/** What a QEMU was started for. */
export type QemuKind = 'boot' | 'clone';

/** A bpfrig under way. */
export interface LiveRun {
  readonly pid: number;
  onEvent(listener: (event: RunEvent) => void): void;
  /** Called for each QEMU that `Place.announcedQemu` starts, within milliseconds. */
  onQemu(listener: (pid: number, kind: QemuKind) => void): void;
  /** Sends a signal to a process that still is the one it was when this was called, `afterMs` later. */
  signal(pid: number, signal: NodeJS.Signals, afterMs?: number): void;
}

/** What was seen of a faulty run. */
export interface Seen {
  /** 128 plus the signal's number where a signal ended it. */
  readonly exit: number;
  readonly seconds: number;
  /** It did not end by itself in time and was killed. */
  readonly timedOut: boolean;
  readonly verdicts: readonly Verdict[];
  /** Reasons, details, second tries and failed expectations of the cells, notes, and what was printed. */
  readonly text: string;
  readonly stderr: string;
  /** Processes, sockets, files and folders that are still there and may not be. */
  readonly left: readonly string[];
}
