import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BpfrigError } from '../../util/errors.ts';
import { configValue } from '../config-lines.ts';
import { KCONFIG_FOLDER } from './words.ts';

/** One option that a fragment sets. */
interface Option {
  /** `CONFIG_KASAN`. */
  readonly name: string;
  /** As in a .config: `y`, a number, a text in quotes; `n` for `# CONFIG_X is not set`. */
  readonly value: string;
  /** Kconfig may drop it: the release does not have it, or not so. */
  readonly optional: boolean;
}

/** A fragment of a kernel's configuration. */
export interface Fragment {
  /** As messages call it: `kasan`, `my.config`. */
  readonly name: string;
  readonly text: string;
  readonly options: readonly Option[];
}

/** Reads a fragment by its name in images/kconfig/, or by its absolute path. Throws `usage` with the line of what is no option. */
export async function readFragment(nameOrPath: string): Promise<Fragment> {
  const own = nameOrPath.startsWith('/');
  const path = own ? nameOrPath : join(KCONFIG_FOLDER, `${nameOrPath}.config`);
  const text = await readFile(path, 'utf8');
  return { name: own ? basename(path) : nameOrPath, text, options: parseFragment(text, path) };
}

/**
 * The options of a fragment, which is written as a .config is. Behind a comment that begins with `optional` they are optional, until an empty line.
 * Throws `usage` with the line of what is no option.
 */
export function parseFragment(text: string, path: string): Option[] {
  const options: Option[] = [];
  let optional = false;
  for (const [index, line] of text.split('\n').entries()) {
    const [, set, value, unset] = /^(CONFIG_\w+)=(.+)$|^# (CONFIG_\w+) is not set$/.exec(line) ?? [];
    const name = set ?? unset;
    if (name !== undefined) options.push({ name, value: value ?? 'n', optional });
    else if (line.trim() === '') optional = false;
    else if (/^#\s*optional\b/.test(line)) optional = true;
    else if (!line.startsWith('#')) {
      const text = `${path}:${index + 1}: not a line of a .config: "${line}"; write CONFIG_X=y or # CONFIG_X is not set`;
      throw new BpfrigError('usage', text);
    }
  }
  return options;
}

/** A configuration with fragments over it, the last one on top: each option stands in it once. */
export function withFragments(config: string, fragments: readonly Fragment[]): string {
  const values = new Map(
    fragments.flatMap(({ options }) => options.map(({ name, value }) => [name, value] as const)),
  );
  const kept = config.split('\n').filter(line => {
    const name = /^(?:# )?(CONFIG_\w+)(?:=| is not set)/.exec(line)?.[1];
    return name === undefined || !values.has(name);
  });
  const added = [...values].map(([name, value]) =>
    value === 'n' ? `# ${name} is not set` : `${name}=${value}`,
  );
  return `${[...kept, ...added].join('\n')}\n`;
}

/** What Kconfig made of the options of fragments that must survive, one text each: `CONFIG_KASAN=y of kasan became n`. */
export function lostOptions(config: string, fragments: readonly Fragment[]): string[] {
  // What a later fragment says of an option is what is asked for.
  const asked = new Map(
    fragments.flatMap(({ name: by, options }) => options.map(one => [one.name, { ...one, by }] as const)),
  );
  return [...asked.values()].flatMap(({ name, value, optional, by }) => {
    const became = configValue(config, name);
    return optional || became === value ? [] : [`${name}=${value} of ${by} became ${became}`];
  });
}
