import t from 'tap';
import type { RunEvent } from '../model/events.ts';
import { goldenEvents, reportOf } from './golden.ts';
import { createReporter, REPORTERS, type ReporterName } from './registry.ts';

const PLAIN = {
  color: false,
  tty: false,
  columns: 0,
  groups: false,
  kcidb: { origin: 'example', files: null },
};
// These reporters write the complete record; they omit nothing.
const WHOLE: readonly string[] = ['json', 'jsonl'];

function withConsole(lines: readonly string[]): readonly RunEvent[] {
  return goldenEvents('full').map(event =>
    event.type === 'cell-end' && event.result.verdict === 'panic'
      ? { ...event, result: { ...event.result, consoleTail: lines, detail: lines.join('\n') } }
      : event,
  );
}

t.setTimeout(120_000);

t.test('a console of 5 MB does not make a report large or slow, in many lines or in one', async t => {
  const rows: [string, string[]][] = [
    ['many lines', Array.from({ length: 70_000 }, (_, i) => `[${i}] ${'x'.repeat(60)} <b>&"'`)],
    ['one line', ['x🐝\u0001'.repeat(1_250_000)]],
  ];
  for (const [what, lines] of rows) {
    for (const name of Object.keys(REPORTERS) as ReporterName[]) {
      if (WHOLE.includes(name)) continue;
      const began = performance.now();
      const text = reportOf(createReporter(name, PLAIN), withConsole(lines));
      t.ok(text.length < 900 * 1024, `${what}: ${name} has ${text.length} characters`);
      t.ok(performance.now() - began < 2000, `${what}: ${name} took ${performance.now() - began} ms`);
    }
  }
});
