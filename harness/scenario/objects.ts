import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { ScenarioObject } from './scenario.ts';
import { C_NAME, type Wrap } from './step-words.ts';

/** Files that bpfrig makes an object of, or takes as one. */
const OBJECT_FILE = /\.[co]$/;

/** `objects` of a scenario: a list, or a mapping from names. */
export function objectsSchema(wrap: Wrap) {
  const file = z
    .string()
    .refine(path => OBJECT_FILE.test(path), {
      error: issue => `\`${String(issue.input)}\` is not a C source (.c) or a compiled object (.o)`,
    })
    .describe('a C source (.c) or a compiled object (.o), relative to the scenario');
  const compiled = z.strictObject({
    source: wrap(file),
    cflags: z
      .array(wrap(z.string().min(1)))
      .default([])
      .describe('options for clang, such as -Iinclude or -DPORT=53; paths are relative to the scenario'),
  });
  const object = z.union([wrap(file), compiled]);
  return z
    .union([z.array(object), z.record(z.string().regex(C_NAME), object)])
    .default([])
    .describe("BPF objects of the scenario's own: their programs and maps can be named in steps");
}

type Objects = z.infer<ReturnType<typeof objectsSchema>>;

/** Objects as the run uses them, paths absolute; `problem` is called for options of an object that is not compiled. */
export function scenarioObjects(
  objects: Objects,
  scenarioPath: string,
  problem: (key: string | number, text: string) => void,
): ScenarioObject[] {
  const dir = dirname(scenarioPath);
  const entries = Array.isArray(objects) ? [...objects.entries()] : Object.entries(objects);
  const names = new Set<string>();
  return entries.map(([key, object]) => {
    const { source, cflags } = typeof object === 'string' ? { source: object, cflags: [] } : object;
    if (source.endsWith('.o') && cflags.length > 0)
      problem(key, `\`cflags\` have no effect on a compiled object: ${source}`);
    const label = basename(source);
    const name = typeof key === 'string' ? key : label.replace(/(?:\.bpf)?\.[co]$/, '');
    if (names.has(name))
      problem(
        key,
        `two objects are called \`${name}\`: name them, as in \`objects: { ${name}: ${source}, other: … }\``,
      );
    names.add(name);
    return { name, label, path: resolve(dir, source), cflags, dir };
  });
}
