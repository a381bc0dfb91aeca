import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { foldRun } from '../report/fold.ts';
import { goldenEvents } from '../report/golden.ts';
import { cellMail } from './mail.ts';

const FILE = 'mail-test/one.yaml';

/** The golden run, all of whose cells are of a file, and the id of a cell that has a verdict. */
function runOf(file: string) {
  const events = goldenEvents('full').map(event => {
    if (event.type !== 'cell-end') return event;
    const { result } = event;
    return { ...event, result: { ...result, cell: { ...result.cell, file } } };
  });
  const summary = foldRun(events);
  const [id = ''] = summary.results.keys();
  return { summary, id };
}

/** A folder with a run in it, and with some files. */
function folderWith(root: string, files: Readonly<Record<string, string>>): string {
  const dir = join(root, 'results', 'a-run');
  mkdirSync(dir, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return dir;
}

t.test('a mail has the scenario, which is in a folder above the run', async t => {
  const dir = folderWith(t.testdir(), { [FILE]: 'title: a title of its own\n' });
  const { summary, id } = runOf(FILE);
  t.match(cellMail(summary, [dir], id, null), /a title of its own/);
});

t.test('nothing but a scenario is put into a mail, whatever file the run names', async t => {
  const dir = folderWith(t.testdir(), { id_rsa: 'a secret', 'folder.yaml/x': '' });
  for (const file of ['id_rsa', 'folder.yaml', 'mail-test/gone.yaml']) {
    const { summary, id } = runOf(file);
    t.match(cellMail(summary, [dir], id, null), /could not be read/, file);
  }
});

t.test('a cell that the run does not have is named with the nearest one', async t => {
  const { summary, id } = runOf(FILE);
  t.throws(() => cellMail(summary, [], `${id}x`, null), { code: 'usage', message: /no such cell/ });
});

t.test('a bisect of other cells is refused: it says nothing about this one', async t => {
  const { summary, id } = runOf(FILE);
  const cell = summary.results.get(id)?.cell;
  const [axis = '', value = ''] = Object.entries(cell?.variant ?? {})[0] ?? [];
  const ends = {
    before: { label: '6.1', version: '6.1.1' },
    first: { label: '6.2', version: '6.2.1' },
    between: [],
  };
  const answer = { scenarios: [cell?.scenario], variant: {}, question: 'verdict', heldBefore: true, ...ends };
  const mail = (more: object): string => {
    const dir = t.testdir({ 'bisect.json': JSON.stringify({ ...answer, ...more }) });
    return cellMail(summary, [], id, dir);
  };
  t.match(mail({}), /on 6\.1 \(6\.1\.1\) it holds/);
  t.match(mail({ variant: { [axis]: [value] } }), /git log/);
  t.throws(() => mail({ scenarios: [cell?.scenario, 'another'] }), {
    code: 'usage',
    message: /not of .* alone/,
  });
  t.throws(() => mail({ scenarios: ['another'] }), { code: 'usage' });
  t.throws(() => mail({ variant: { [axis]: ['other'] } }), {
    code: 'usage',
    message: new RegExp(`not of ${axis}=`),
  });
});
