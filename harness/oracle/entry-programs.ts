import type { StepResult } from '../model/observations.ts';
import type { PlainStep, ResolvedVariant, Step } from '../scenario/scenario.ts';

/** Entries by what the scenario put into them: always a program, never one, or one at times. */
export interface EntryPrograms {
  /** `map:key` of entries that always had a program. */
  readonly always: ReadonlySet<string>;
  /** `map:key` of entries that never had a program. */
  readonly never: ReadonlySet<string>;
  /** `map:key` of entries that had one at times: what they dequeued may have gone past it. */
  readonly sometimes: ReadonlySet<string>;
  /** Maps none of whose entries ever had a program: what they dequeued went past none, on whatever CPU. */
  readonly plainMaps: ReadonlySet<string>;
}

/** Name of an entry in {@link EntryPrograms}. */
export function entryName(map: string, key: number | string): string {
  return `${map}:${Number(key)}`;
}

/**
 * Which entries have a program, by the scenario's steps. A step that failed put nothing there; `results` says so. A raw
 * `prog_fd` of 0 or below is no program to the kernel (cpumap.c, `fd > 0`).
 */
export function entryPrograms(
  variant: Pick<ResolvedVariant, 'setup' | 'traffic'>,
  results: Readonly<Record<string, StepResult>>,
): EntryPrograms {
  const had = new Map<string, Set<boolean>>();
  const put = (map: string, key: number | string, program: boolean) => {
    const name = entryName(map, key);
    had.set(name, (had.get(name) ?? new Set()).add(program));
  };
  for (const step of [...variant.setup, ...variant.traffic].flatMap(plain)) {
    if (step.as !== null && (results[step.as]?.errno ?? 'OK') !== 'OK') continue;
    if (step.kind === 'cpumap') {
      for (const [key, entry] of Object.entries(step.args.entries))
        put(plainName(step.args.name), key, entry.program !== undefined);
    } else if (step.kind === 'update' && step.args.qsize !== 0) {
      // The key of a cpumap or a devmap is a number, whatever the scenario writes it as.
      const { map, key, program, prog_fd = 0 } = step.args;
      put(plainName(map), Number(key), program !== undefined || prog_fd > 0);
    } else if (step.kind === 'fill') {
      for (const { key, device, program } of step.args.entries)
        if (device !== undefined) put(plainName(step.args.map), Number(key), program !== undefined);
    }
  }
  const names = (wanted: (kinds: ReadonlySet<boolean>) => boolean) =>
    new Set([...had].filter(([, kinds]) => wanted(kinds)).map(([name]) => name));
  const mapOf = (name: string) => name.slice(0, name.lastIndexOf(':'));
  const withProgram = new Set([...had].filter(([, kinds]) => kinds.has(true)).map(([name]) => mapOf(name)));
  return {
    plainMaps: new Set([...had.keys()].map(mapOf).filter(map => !withProgram.has(map))),
    always: names(kinds => !kinds.has(false)),
    never: names(kinds => !kinds.has(true)),
    sometimes: names(kinds => kinds.size === 2),
  };
}

/** A map's name without its object's: observations have it so, as long as no other object has a map of that name. */
export function plainName(map: string): string {
  return map.slice(map.lastIndexOf('.') + 1);
}

/** The steps of a `repeat`, or the step itself. */
export function plain(step: Step): readonly PlainStep[] {
  return step.kind === 'repeat' ? step.args.steps : [step];
}
