import { held, isRed, isSpoiled } from '../model/verdict.ts';
import type { Fault, Seen } from './fault.ts';

/** Everything that is wrong with how bpfrig took a fault; empty where all is right. `slowdown`: how far its time limit stretches on this host. */
export function complaintsOf(fault: Fault, seen: Seen, slowdown = 1): string[] {
  return [
    ...time(fault, seen, slowdown),
    ...green(seen),
    ...verdicts(fault, seen),
    ...words(fault, seen),
    ...stack(seen),
    ...left(seen),
  ];
}

function time({ seconds }: Fault, seen: Seen, slowdown: number): string[] {
  if (seen.timedOut) return [`no end within ${seen.seconds.toFixed(0)} s`];
  return seen.seconds > seconds * slowdown
    ? [`took ${seen.seconds.toFixed(1)} s, at most ${seconds} s were expected`]
    : [];
}

function green(seen: Seen): string[] {
  const cells = seen.verdicts.filter(verdict => !isRed(verdict) || held(verdict) === true);
  return [
    ...(seen.exit === 0 ? ['GREEN: exit 0'] : []),
    ...(cells.length > 0 ? [`GREEN: a cell is ${cells[0]}`] : []),
  ];
}

function verdicts(fault: Fault, seen: Seen): string[] {
  if (seen.timedOut) return [];
  const right: readonly string[] = fault.verdict;
  const wrong = seen.verdicts.filter(verdict => !right.includes(verdict));
  const accuses = seen.verdicts.some(verdict => !isSpoiled(verdict));
  return [
    ...(seen.exit === 1 && right.length > 0 && !accuses ? ['exit 1 accuses a kernel, and no cell does'] : []),
    ...(fault.exit.includes(seen.exit) ? [] : [`exit ${seen.exit}, not ${fault.exit.join(' or ')}`]),
    ...(wrong.length > 0 ? [`verdict ${wrong[0]}, not ${right.join(' or ') || 'none'}`] : []),
    ...(right.length > 0 && fault.unjudged !== true && seen.verdicts.length === 0 ? ['no verdict'] : []),
  ];
}

function words({ words: wanted }: Fault, { text }: Seen): string[] {
  return wanted.filter(word => !word.test(text)).map(word => `no message has ${String(word)}`);
}

/** Frames of a stack say that nobody expected this error. */
function stack({ stderr }: Seen): string[] {
  const frame = /^ {4}at .*$/m.exec(stderr)?.[0];
  return frame === undefined ? [] : [`a stack trace on stderr:${frame.slice(4)}`];
}

function left({ left: found }: Seen): string[] {
  return found.length > 0 ? [`left behind: ${found.join(', ')}`] : [];
}
