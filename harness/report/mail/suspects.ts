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
  const files = [...new Set(source.match(SOURCE_FILE) ?? [])];
  const command = `git log --oneline ${range}${files.length === 0 ? '' : ` -- ${files.join(' ')}`}`;
  return [...wrapped(text), ...gap, '', 'Suspected commits:', '', ...wrappedCommand(command, '  ')];
}

function nameOf({ label, version }: BisectAnswer['first']): string {
  return version === null || version === label ? oneLine(label) : `${oneLine(label)} (${oneLine(version)})`;
}

/** The tags of one stable series, or those of mainline where the series differ; null where a version is not known. */
function rangeOf(from: string | null, to: string | null): string | null {
  const [a, b] = [partsOf(from), partsOf(to)];
  if (a === null || b === null) return null;
  const same = a.series === b.series;
  return same ? `${tag(a.series, a.patch)}..${tag(b.series, b.patch)}` : `v${a.series}..v${b.series}`;
}

function partsOf(version: string | null): { readonly series: string; readonly patch: string } | null {
  const found = /^(\d+\.\d+)(?:\.(\d+))?/.exec(version ?? '');
  return found === null ? null : { series: found[1] ?? '', patch: found[2] ?? '0' };
}

function tag(series: string, patch: string): string {
  return patch === '0' ? `v${series}` : `v${series}.${patch}`;
}
