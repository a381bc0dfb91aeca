import type { BisectAnswer } from '../../model/bisect-answer.ts';
import { oneLine } from '../text.ts';
import { wrapped, wrappedCommand } from './wrap.ts';

/** Source files of the kernel that a scenario's `source` names. */
const SOURCE_FILE = /\b[\w-]+(?:\/[\w.-]+)+\.[chS]\b/g;

/** Returns between which kernels a bisect found the change, and the command that lists the suspected commits. `source`: of the scenario. */
export function suspects(answer: BisectAnswer, source: string): string[] {
  const { before, first, between, heldBefore } = answer;
  const words = heldBefore ? ['holds', 'does not'] : ['does not hold', 'does'];
  const text = `bisect (${oneLine(answer.question)}): on ${nameOf(before)} it ${words[0]}, and on ${nameOf(first)} it ${words[1]}.`;
  const gap =
    between.length === 0
      ? []
      : [
          '',
          ...wrapped(`Kernels between them that could not be judged: ${between.map(oneLine).join(', ')}.`),
        ];
  const range = rangeOf(before.version, first.version);
  if (range === null) return [...wrapped(text), ...gap];
  if (range === '') return [...wrapped(text), ...gap, '', ...wrapped(SAME_UPSTREAM)];
  const files = [...new Set(source.match(SOURCE_FILE) ?? [])];
  const command = `git log --oneline ${range}${files.length === 0 ? '' : ` -- ${files.join(' ')}`}`;
  return [...wrapped(text), ...gap, '', 'Suspected commits:', '', ...wrappedCommand(command, '  ')];
}

const SAME_UPSTREAM =
  'Both are the same upstream version: the change is in the patches of the packages, or in how they are built.';

function nameOf({ label, version }: BisectAnswer['first']): string {
  return version === null || version === label ? oneLine(label) : `${oneLine(label)} (${oneLine(version)})`;
}

/**
 * From the end of the older series, or from a release of it where it is the same series, to the newer release: what is in a series is in its
 * releases too, not only in mainline. '' where both are one version, null where a version is not known.
 */
function rangeOf(one: string | null, other: string | null): string | null {
  const [a, b] = [partsOf(one), partsOf(other)];
  if (a === null || b === null) return null;
  const [older, newer] = compareVersions(a, b) <= 0 ? [a, b] : [b, a];
  const from = older.series === newer.series ? tag(older.series, older.patch) : `v${older.series}`;
  const to = tag(newer.series, newer.patch);
  return from === to ? '' : `${from}..${to}`;
}

function compareVersions(a: Parts, b: Parts): number {
  return `${a.series}.${a.patch}`.localeCompare(`${b.series}.${b.patch}`, 'en', { numeric: true });
}

interface Parts {
  readonly series: string;
  readonly patch: string;
}

function partsOf(version: string | null): Parts | null {
  const found = /^(\d+\.\d+)(?:\.(\d+))?/.exec(version ?? '');
  return found === null ? null : { series: found[1] ?? '', patch: found[2] ?? '0' };
}

function tag(series: string, patch: string): string {
  return patch === '0' ? `v${series}` : `v${series}.${patch}`;
}
