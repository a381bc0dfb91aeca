import t from 'tap';
import { reportOf } from './golden.ts';
import { largeRun } from './large-run.fixture.ts';
import { createReporter, REPORTERS, type ReporterName } from './registry.ts';

/** A run of 300 cells that all fail, with all that a failing cell can have. */
const RED = largeRun(100, 3).map(event => {
  if (event.type !== 'cell-end') return event;
  const detail = Array.from({ length: 200 }, (_, i) => `line ${i} of a verifier log`).join('\n');
  const consoleTail = Array.from({ length: 60 }, (_, i) => `[ ${i}.000000] line of a console`);
  return { ...event, result: { ...event.result, verdict: 'fail' as const, detail, consoleTail } };
});

function sizeOf(name: ReporterName): { bytes: number; lines: number; text: string } {
  const text = reportOf(
    createReporter(name, {
      color: false,
      tty: false,
      columns: 100,
      groups: true,
      kcidb: { origin: 'example', files: null },
    }),
    RED,
  );
  return { bytes: Buffer.byteLength(text), lines: text.split('\n').length, text };
}

t.setTimeout(120_000);

t.test(
  'the terminal report of 300 red cells can be read: blocks for the first, then one line each',
  async t => {
    const { lines, text } = sizeOf('terminal');
    t.ok(lines < 3_000, `${lines} lines`);
    t.match(text, /^after 40 red cells, only their first lines are shown/m);
    t.equal(
      text.match(/^fail {3}\S+ {2}suite\S+ \[[^\]]+\] {2}\d/gm)?.length,
      300,
      'one line each while it runs',
    );
    t.equal(text.match(/^fail {2}\S+ {2}suite/gm)?.length, 100, 'a hundred lines at the end');
    t.match(text, /^and 200 more red cells$/m);
    t.equal(
      text.match(/^fail {3}\S+ {2}suite\S+ \[[^\]]+\] {2}try 2, after infra: /gm)?.length,
      20,
      'second tries',
    );
    t.match(text, /^and 40 more$/m);
    t.match(text, /^300 fail · 60 cells needed a second try · 300 cells on 3 kernels · .*exit 1$/m);
  },
);

t.test(
  'annotations and summaries are bounded; what lists every cell is of a size that tools read',
  async t => {
    t.ok(sizeOf('github').bytes < 500_000);
    t.ok(sizeOf('markdown').bytes < 1_000_000);
    for (const name of (Object.keys(REPORTERS) as ReporterName[]).filter(
      key => !['json', 'jsonl'].includes(key),
    ))
      t.ok(sizeOf(name).bytes < 40_000_000, `${name}: ${sizeOf(name).bytes} bytes`);
  },
);
