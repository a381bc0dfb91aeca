import t from 'tap';
import type { RunEvent } from '../../model/events.ts';
import { foldRun } from '../fold.ts';
import { goldenEvents } from '../golden.ts';
import { renderHtml } from '../html/page.tsx';
import { toRunDocument } from '../json.ts';
import { renderMarkdown } from '../markdown.ts';
import { createPaint } from '../paint.ts';
import { FACTS, runWith } from './cve.fixture.ts';
import { cveLines } from './cve-lines.ts';
import { cveRows } from './cve-rows.ts';

const events = runWith({});
const ids = foldRun(events).cells.map(({ id }) => id);
const oldest = ids.find(id => id.endsWith('@6.1')) ?? '';
const newest = ids.find(id => id.endsWith('@6.12')) ?? '';
const vulnerable = { status: 'vulnerable', why: 'corrupted in: dev_map_enqueue_multi' } as const;

function lines(run: readonly RunEvent[]): string {
  return cveLines(foldRun(run), createPaint(false)).join('\n');
}

t.test('a row is a defect, a square the worst of its cells', async t => {
  const [row, ...others] = cveRows(
    foldRun(runWith({ [newest]: vulnerable, [oldest]: { status: 'not-affected', why: 'no' } })),
  );
  t.same(others, []);
  t.same(
    row?.kernels.map(({ kernel, status }) => [kernel, status]),
    [
      ['6.1', 'fixed'],
      ['6.12', 'vulnerable'],
    ],
  );
  t.same(cveRows(foldRun(goldenEvents('full'))), [], 'no scenario states one');
});

t.test('a cell without a finding shows nothing', async t => {
  const cut = runWith({}).filter(event => event.type !== 'cell-end');
  t.same(
    cveRows(foldRun(cut))[0]?.kernels.map(({ status }) => status),
    ['not-shown', 'not-shown'],
  );
});

t.test('the terminal has the table, and below it what is not fixed, with one command', async t => {
  t.match(
    lines(events),
    /^CVE +6\.1 +6\.12 +fixed upstream\nCVE-2026-23359 +✓ fixed +✓ fixed +b7bf516c3ecd, in 6\.12\.77, 7\.0$/,
  );
  const text = lines(runWith({ [newest]: vulnerable }));
  t.match(text, /✓ fixed +✗ vulnerable/);
  t.match(
    text,
    /\nCVE-2026-23359 {2}bpf: Fix it\n {2}vulnerable on 6\.12: corrupted in: dev_map_enqueue_multi\n {2}repeat {2}\S/,
  );
});

t.test('the page, the summary and run.json have the table', async t => {
  const summary = foldRun(runWith({ [newest]: vulnerable }));
  const page = renderHtml(summary);
  t.match(page, /<section id="cves">/);
  t.ok(page.includes('href="#cve-CVE-2026-23359@6.12"') && page.includes('id="cve-CVE-2026-23359@6.12"'));
  t.match(
    renderMarkdown(summary, 100_000),
    /\| CVE-2026-23359: bpf: Fix it \| ✓ fixed \| \*\*✗ vulnerable\*\* \|/,
  );
  t.match(toRunDocument(summary).cves, [
    { cve: FACTS, kernels: [{ status: 'fixed' }, { status: 'vulnerable' }] },
  ]);
  t.notMatch(renderHtml(foldRun(goldenEvents('full'))), /id="cves"/);
});
