import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buildBpfObject } from '../image/build.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { BpfrigError } from '../util/errors.ts';
import { nearest } from '../util/nearest.ts';
import { PROJECT_ROOT } from '../util/paths.ts';

/** A program's object: where the agent finds it, and the maps that it declares. */
export interface ProgramObject {
  /** A path in every guest, or the object itself in base64: arguments of the agent's `load`. */
  readonly load: { readonly object: string } | { readonly object_data: string };
  readonly maps: readonly string[];
}

/** Programs of a scenario by name. */
export type ProgramIndex = ReadonlyMap<string, ProgramObject>;

/** The stock programs' object in the guest, and its source. */
const STOCK = { object: '/bpf/stock.bpf.o', source: join(PROJECT_ROOT, 'bpf', 'stock.bpf.c') } as const;

/**
 * Every program that a scenario can name: its own objects', compiled here, and the stock ones. Own programs hide stock ones.
 * Throws `scenario` when a source does not compile.
 */
export async function indexPrograms(scenario: Scenario, cacheDir: string): Promise<ProgramIndex> {
  const index = new Map<string, ProgramObject>();
  await addPrograms(index, STOCK.source, { object: STOCK.object });
  for (const source of scenario.objects) {
    const object = await readFile(await buildBpfObject(source, cacheDir));
    await addPrograms(index, source, { object_data: object.toString('base64') });
  }
  return index;
}

/** The object that has a program. Throws `scenario` with the nearest known name. */
export function objectOf(index: ProgramIndex, program: string): ProgramObject {
  const object = index.get(program);
  if (object !== undefined) return object;
  const guess = nearest(program, [...index.keys()]);
  const hint = guess === null ? `known are ${[...index.keys()].join(', ')}` : `did you mean \`${guess}\`?`;
  throw new BpfrigError(
    'scenario',
    `no program \`${program}\` in ${basename(STOCK.source)} or the scenario's objects; ${hint}`,
  );
}

async function addPrograms(
  index: Map<string, ProgramObject>,
  source: string,
  load: ProgramObject['load'],
): Promise<void> {
  const text = await readFile(source, 'utf8');
  const maps = [...text.matchAll(/^\}\s*(\w+)\s+SEC\("\.maps"\)/gm)].flatMap(match => match[1] ?? []);
  const programs = text.matchAll(/^SEC\("(?!license|\.)[^"]*"\)\s*\n\s*(?:static\s+)?int\s+(\w+)\s*\(/gm);
  for (const [, name] of programs) if (name !== undefined) index.set(name, { load, maps });
}
