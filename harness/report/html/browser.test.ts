import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import t from 'tap';
import type { RunEvent } from '../../model/events.ts';
import { foldRun } from '../fold.ts';
import { goldenEvents, reportOf } from '../golden.ts';
import { runWith } from '../cve/cve.fixture.ts';
import { FIVE_RUNS, REGRESSION, runOfHistory } from '../history/history.fixture.ts';
import { historyOf, recordRun } from '../history/history.ts';
import { largeRun } from '../large-run.fixture.ts';
import { anchorOf } from './anchors.ts';
import { renderHistory } from './history-page.tsx';
import { createHtmlReporter } from './page.tsx';

// Debian's chromium, which `./bpfrig selftest --setup` installs. Without it this test fails, because nothing else opens the page.
const CHROMIUM = '/usr/bin/chromium';
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

t.setTimeout(180_000);

let browser: Browser;
let dir: string;

t.before(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  dir = await mkdtemp(join(tmpdir(), 'bpfrig-page-'));
});

t.teardown(async () => {
  await browser.close();
  await rm(dir, { recursive: true });
});

/** Opens a run's page. `faults` has every error that the browser reported and every request to another address. */
async function open(
  name: string,
  events: readonly RunEvent[],
  options: BrowserContextOptions = {},
): Promise<{ page: Page; faults: string[] }> {
  const file = join(dir, `${name}.html`);
  await writeFile(file, reportOf(createHtmlReporter(), events));
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', message => void faults.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', error => void faults.push(error.message));
  page.on('request', request => {
    if (request.url() !== url) faults.push(`asked for ${request.url()}`);
  });
  const url = pathToFileURL(file).href;
  await page.goto(url);
  return { page, faults };
}

/** Waits until the address ends in this way: the browser reports a change of it later than it makes it. Returns the address. */
async function addressIs(page: Page, end: RegExp): Promise<string> {
  await page.waitForFunction(source => new RegExp(source).test(location.href), end.source);
  return await page.evaluate(() => location.href);
}

const rowsShown = (page: Page): Promise<number> => page.locator('tr.row:visible').count();

t.test('a cell opens by mouse, by key and by its address, and closes', async t => {
  const { page, faults } = await open('cell', goldenEvents('full'));
  await page.click('td.s-fail a');
  const view = page.locator('dialog');
  t.ok(await view.isVisible());
  const text = await view.innerText();
  for (const part of [
    '5026 == 8192',
    'entry-drop.yaml:22',
    'missing',
    '3166',
    './bpfrig run scenarios/',
    '6.12.117',
  ])
    t.match(text, part, part);
  t.equal((await view.locator('svg.flow .wrong').count()) > 0, true, 'the loss is shown');
  await page.keyboard.press('ArrowRight');
  t.notMatch(await view.innerText(), '5026 == 8192', 'the next cell');
  await page.keyboard.press('Escape');
  t.notOk(await view.isVisible());
  await page.waitForFunction(() => location.hash === '');

  await page.locator('td.s-panic a').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  t.match(await view.innerText(), /needs live-frames|skip/, 'the arrow key moved along the row');
  const address = await addressIs(page, /#cpumap\/redirect\/one-cpu\/nic=veth,mode=generic@6\.12$/);
  await page.goto('about:blank');
  await page.goto(address);
  t.ok(await page.locator('dialog').isVisible(), 'the address opens the cell');
  t.same(faults, []);
});

t.test('an address opens a cell with its filters, and a line of its log', async t => {
  const { page, faults } = await open('address', goldenEvents('full'));
  const base = page.url();
  const at = async (hash: string): Promise<void> => {
    await page.goto('about:blank');
    await page.goto(`${base}#${hash}`);
  };
  await at('?verdict=panic&verdict=fail&kernel=6.12&text=drop&changed=1');
  t.equal(await rowsShown(page), 1, 'text, verdicts, kernel and changed rows');
  t.equal(
    await page.locator('.matrix thead th:visible').count(),
    3,
    'the names, one kernel, on which it holds',
  );
  t.equal(await page.inputValue('input[name=text]'), 'drop');
  t.notOk(await page.isChecked('input[name=status][value=pass]'));
  await at('?verdict=nonsense');
  t.equal(await rowsShown(page), 0, 'a verdict that this run does not have');
  await page.click('.counts a:has(.s-panic)');
  await addressIs(page, /#\?verdict=panic$/);
  t.equal(await rowsShown(page), 1, 'a count is a link to its cells');

  await page.click('td.s-panic a');
  const shared = await addressIs(page, /@6\.1\?verdict=panic$/);
  t.equal(await page.locator('#permalink').getAttribute('href'), new URL(shared).hash);
  await page.keyboard.press('Escape');
  await addressIs(page, /#\?verdict=panic$/);

  await page.goto('about:blank');
  await page.goto(shared);
  t.ok(await page.locator('dialog').isVisible());
  await page.click('dialog [data-line=console-2] a');
  const line = await addressIs(page, /@6\.1:console-2\?verdict=panic$/);
  await page.goto('about:blank');
  await page.goto(line);
  const marked = page.locator('dialog .log-line.target');
  t.equal(await marked.count(), 1);
  t.equal(await marked.getAttribute('data-line'), 'console-2');
  t.ok(await marked.isVisible());
  await page.goto('about:blank');
  await page.goto(encodeURI(shared).replaceAll('@', '%40'));
  t.ok(await page.locator('dialog').isVisible(), 'also with characters escaped');
  t.same(faults, []);
});

t.test('a cell far down is scrolled to, behind its view', async t => {
  const { page } = await open('far', largeRun(120, 4), { viewport: { width: 900, height: 700 } });
  await page.goto(`${page.url()}#suite/folder-11/scenario-119@3.0`);
  t.match(await page.locator('dialog .where').innerText(), 'scenario-119');
  t.ok(await page.locator('.matrix').evaluate(box => box.scrollTop > 1000));
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.activeElement?.closest('td.k2') != null);
});

t.test('on which kernels a row holds is in a column, and can be found', async t => {
  const { page } = await open('since', goldenEvents('full'));
  const cell = page.locator('td.since', { hasText: 'until 6.1' });
  t.equal(await cell.count(), 1);
  t.match(await cell.getAttribute('title'), 'holds on 6.1 and every earlier kernel, and not on 6.12');
  await page.fill('input[name=text]', 'until 6.1');
  t.equal(await rowsShown(page), 1);
  const { page: one } = await open('since-one', goldenEvents('one'));
  t.equal(await one.locator('td.since').count(), 0, 'one kernel has no order');
});

t.test('filters: verdict, text, kernel, rows that change', async t => {
  const { page, faults } = await open('filters', goldenEvents('full'));
  const all = await rowsShown(page);
  t.equal(all, 5);
  await page.keyboard.press('/');
  await page.keyboard.type('ENTRY-drop generic');
  t.equal(await rowsShown(page), 1, 'words in upper or lower case, in scenario and variant');
  t.equal(await page.locator('tbody.folder:visible').count(), 1, 'folders without a row are hidden');
  await page.fill('input[name=text]', '');
  for (const box of await page.locator('input[name=status]:not([value=panic])').all()) await box.uncheck();
  t.equal(await rowsShown(page), 1, 'only the row with the panic');
  t.match(await page.locator('output').innerText(), '1 of 10 cells');
  for (const box of await page.locator('input[name=status]').all()) await box.check();
  await page.locator('input[name=kernel]').first().uncheck();
  t.equal(
    await page.locator('.matrix thead th:visible').count(),
    3,
    'the names, one kernel, on which it holds',
  );
  await page.locator('input[name=kernel]').first().check();
  await page.check('input[name=changed]');
  const changed = await rowsShown(page);
  t.ok(changed > 0 && changed < all, `${changed} rows change`);
  t.same(faults, []);
});

t.test('special characters in names are shown literally', async t => {
  const { page, faults } = await open('names', goldenEvents('full'));
  const name = `it's "<q>" & #1 \\ 🐝|\`x\``;
  t.ok((await page.locator('tbody.scenario').allInnerTexts()).some(text => text.includes(name)));
  await page.click('td.s-panic a');
  t.match(await page.locator('dialog pre').last().innerText(), `<script>&"'`);
  t.equal(await page.locator('dialog script').count(), 0);
  t.same(faults, []);
});

t.test('dark and light: from the system setting, and with the button', async t => {
  const ground = (page: Page): Promise<string> =>
    page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const { page: light } = await open('light', goldenEvents('one'), { colorScheme: 'light' });
  const { page: dark } = await open('dark', goldenEvents('one'), { colorScheme: 'dark' });
  const [white, black] = [await ground(light), await ground(dark)];
  t.not(white, black);
  await dark.click('#theme');
  t.equal(await ground(dark), white);
  await dark.click('#theme');
  t.equal(await ground(dark), black);
});

t.test('headings stay in place when the matrix is scrolled', async t => {
  const { page } = await open('sticky', largeRun(120, 30), { viewport: { width: 900, height: 700 } });
  const matrix = page.locator('.matrix');
  await matrix.evaluate(box => box.scrollTo(500, 2000));
  const frame = await matrix.boundingBox();
  const head = await page.locator('.matrix thead th').nth(10).boundingBox();
  const row = await page.locator('tr.row:has(td)').nth(60).locator('th').boundingBox();
  t.ok(Math.abs((head?.y ?? 0) - (frame?.y ?? 0)) < 3, 'kernels are at the top');
  t.ok(Math.abs((row?.x ?? 0) - (frame?.x ?? 0)) < 3, 'names are on the left');
});

t.test('without scripts everything is readable, and links work', async t => {
  const { page } = await open('plain', goldenEvents('full'), { javaScriptEnabled: false });
  t.equal(await page.locator('section.cell-view:visible').count(), 10);
  t.notOk(await page.locator('.filters').isVisible(), 'filters are hidden, because they need scripts');
  await page.click('td.s-fail a');
  const target = page.locator('section:target');
  t.match(await target.innerText(), '5026 == 8192');
});

t.test('evidence of a CVE is folded where all is well, and a link or an address opens it', async t => {
  const { page, faults } = await open('cves', runWith({}));
  const evidence = page.locator('#cves details');
  t.equal(await evidence.getAttribute('open'), null);
  await page.locator('#cves td a').first().click();
  t.equal(await evidence.getAttribute('open'), '');
  const address = await addressIs(page, /#cve-CVE-2026-23359@6\.1$/);
  await page.goto('about:blank');
  await page.goto(address);
  t.equal(await evidence.getAttribute('open'), '');
  t.same(faults, []);
  const bad = await open(
    'cve-vulnerable',
    runWith({ 'cpumap/redirect/one-cpu[nic=veth,mode=native]@6.12': { status: 'vulnerable', why: '' } }),
  );
  t.equal(await bad.page.locator('#cves details').getAttribute('open'), '');
});

t.test('runs without cells, with one cell, and one that was cut off', async t => {
  for (const [run, says] of [
    ['empty', 'nothing ran'],
    ['one', '1 pass'],
    ['cut', 'unfinished'],
  ] as const) {
    const { page, faults } = await open(run, goldenEvents(run));
    t.match(await page.title(), says, run);
    t.same(faults, [], run);
  }
  const { page } = await open('cut-again', goldenEvents('cut'));
  t.match(await page.locator('.outcome').innerText(), /^Cut off/);
  t.match(await page.locator('#trouble').innerText(), 'could not be made ready');
});

t.test('the page of a history: regression, flake, and the rows that changed', async t => {
  const records = FIVE_RUNS.map((run, i) => recordRun(foldRun(runOfHistory(i + 1, run)), `${i + 1}`));
  const file = join(dir, 'history.html');
  const links = records.map((_, i) => (i === 3 ? '4/' : null));
  await writeFile(file, renderHistory(historyOf(records), links));
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await page.goto(pathToFileURL(file).href);
  t.match(await page.title(), '1 regression · 1 flake');
  const regression = page.locator('#regressions li');
  t.match(await regression.innerText(), /@6\.12 bad since run 4 .*6\.12\.117-1.* → .*6\.12\.118-1/s);
  t.equal(
    await regression.locator('a').getAttribute('href'),
    `4/report.html#${anchorOf(REGRESSION)}`,
    'the page of the first bad run',
  );
  t.match(await page.locator('#flakes li').innerText(), 'changed 4 times; good and bad on one build');
  t.equal(await rowsShown(page), 2, 'without scripts: only rows that changed');
  const courses = await page.locator('tr.row:visible .course').allInnerTexts();
  t.ok(
    courses.some(text => text.replace(/[^✓✗]/g, '') === '✓✗✓✗✓'),
    courses.join(' / '),
  );
  t.ok((await page.locator('.kernel-changed:visible').count()) > 0);
  await page.uncheck('#only-changed');
  t.equal(await rowsShown(page), 5);
  t.equal(await page.locator('#runs tbody tr').count(), 5);
});

t.test(
  '2,000 cells open fast, and are filtered fast: measured against 20 cells in the same browser',
  async t => {
    const small = await open('small', largeRun(20, 1));
    const smallMs = await small.page.evaluate(() => performance.now());
    const { page, faults } = await open('large', largeRun(200, 10));
    const readyMs = await page.evaluate(() => performance.now());
    t.comment(`20 cells are there after ${Math.round(smallMs)} ms, 2,000 after ${Math.round(readyMs)} ms`);
    t.ok(readyMs < 20 * smallMs, `${readyMs / smallMs} times as long for 100 times as much`);
    t.equal(await page.locator('td[data-status]').count(), 2000);
    const typed = performance.now();
    await page.fill('input[name=text]', 'scenario-77');
    t.equal(await rowsShown(page), 1);
    t.ok(performance.now() - typed < readyMs, 'the filter takes less time than opening');
    t.same(faults, []);
  },
);
