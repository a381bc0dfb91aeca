import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PROJECT_ROOT } from './paths.ts';

// The host's clock may jump by an hour, and then a deadline by Date.now() is over at once, or never: deadlines use performance.now().

/** Files that need the time of day, and for what. */
const TIME_OF_DAY: Readonly<Record<string, string>> = {
  'cli/heartbeat.ts': 'the board shows since when a cell runs, by the times of events',
  'cli/live-screen.ts': 'the board shows since when a cell runs, by the times of events',
  'guest/template.ts': 'a clone gets the time of day',
  'kernel/apt.ts': 'the age of a file',
};

const root = join(PROJECT_ROOT, 'harness');
const users = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(file => /\.tsx?$/.test(file) && !file.endsWith('.test.ts'))
  .filter(file => withoutComments(readFileSync(join(root, file), 'utf8')).includes('Date.now('));
t.same(users.toSorted(), Object.keys(TIME_OF_DAY).toSorted());

function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '');
}
