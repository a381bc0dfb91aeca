import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { PACKAGE_ROOT } from '../../util/paths.ts';
import type { Fault } from '../fault.ts';
import type { Place } from '../place.ts';
import { run, WRONG } from '../scenarios.ts';

/** Makes a run with a red cell, changes its events, and reports it. */
function saved(
  name: string,
  injected: string,
  change: (lines: readonly string[]) => readonly string[],
  exit: readonly number[],
  words: readonly RegExp[] = [],
): Fault {
  return {
    name: `saved/${name}`,
    injected: `in events.jsonl of a run with a red cell ${injected}; \`report\` reads it`,
    verdict: [],
    exit,
    seconds: 15,
    words,
    sample: name === 'exit-code-0',
    inject: async place => {
      const file = await redRun(place);
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      writeFileSync(file, `${change(lines).join('\n')}\n`);
      return { argv: ['report', place.out] };
    },
  };
}

async function redRun(place: Place): Promise<string> {
  const env = { TMPDIR: place.tmp, XDG_CACHE_HOME: place.xdgCache, BPFRIG_RESULTS: place.results };
  await execa(join(PACKAGE_ROOT, 'bpfrig'), run(place, WRONG), { env, reject: false, stdin: 'ignore' });
  return join(place.out, 'events.jsonl');
}

/** Changes the text of the last line, which ends the run. */
function inLast(change: (line: string) => string): (lines: readonly string[]) => string[] {
  return lines => [...lines.slice(0, -1), change(lines.at(-1) ?? '')];
}

function inAll(change: (line: string) => string): (lines: readonly string[]) => string[] {
  return lines => lines.map(change);
}

const PLACE = [/events\.jsonl:\d+/];

/** Saved runs that somebody or something changed: none may be reported as good. */
export const SAVED_FAULTS: readonly Fault[] = [
  saved(
    'exit-code-0',
    'the exit code is 0',
    inLast(line => line.replace(/"exitCode":1/, '"exitCode":0')),
    [1, 3],
  ),
  saved(
    'exit-code-text',
    'the exit code is "0"',
    inLast(line => line.replace(/"exitCode":1/, '"exitCode":"0"')),
    [3],
    PLACE,
  ),
  saved(
    'exit-code-256',
    'the exit code is 256',
    inLast(line => line.replace(/"exitCode":1/, '"exitCode":256')),
    [3],
    PLACE,
  ),
  saved('two-ends', 'the end is there twice', lines => [...lines, lines.at(-1) ?? ''], [3], PLACE),
  saved('no-end', 'the end is missing', lines => lines.slice(0, -1), [1, 3]),
  saved(
    'line-missing',
    'the red cell is missing',
    lines => lines.filter(line => !line.includes('"cell-end"')),
    [3],
  ),
  saved(
    'line-torn',
    'a line in the middle is torn',
    lines => lines.map((line, at) => (at === 2 ? line.slice(0, 30) : line)),
    [3],
    PLACE,
  ),
  saved(
    'verdict-pass',
    'the verdict is `pass`',
    inAll(line => line.replaceAll('"verdict":"fail"', '"verdict":"pass"')),
    [1, 3],
  ),
  saved(
    'verdict-unknown',
    'the verdict is `fine`',
    inAll(line => line.replaceAll('"verdict":"fail"', '"verdict":"fine"')),
    [3],
    PLACE,
  ),
  saved(
    'verdict-null',
    'the verdict is null',
    inAll(line => line.replaceAll('"verdict":"fail"', '"verdict":null')),
    [3],
    PLACE,
  ),
  saved(
    'event-unknown',
    'an event is of a type that nobody knows',
    lines => [...lines.slice(0, 2), '{"type":"party","at":"2026-01-01T00:00:00.000Z"}', ...lines.slice(2)],
    [3],
    PLACE,
  ),
  saved(
    'schema-of-the-future',
    'the schema is 999',
    inAll(line => line.replace(/"schema":\d+/, '"schema":999')),
    [3],
  ),
  saved('empty', 'there is no line', () => [], [2, 3]),
];
