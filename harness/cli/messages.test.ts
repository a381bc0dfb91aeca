import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { PACKAGE_ROOT } from '../util/paths.ts';
import type { MistakeOutcome } from './messages-run.fixture.ts';
import { MISTAKES } from './messages.fixture.ts';

t.setTimeout(300_000);
const root = realpathSync(mkdtempSync(join(tmpdir(), 'bpfrig-messages-')));
t.teardown(() => rmSync(root, { recursive: true }));
await execa(process.execPath, [join(PACKAGE_ROOT, 'dist', 'cli', 'messages-run.fixture.js'), root], {
  stdin: 'ignore',
});
const outcomes = JSON.parse(readFileSync(join(root, 'outcomes.json'), 'utf8')) as readonly MistakeOutcome[];

for (const { name, code: wanted = 2, place = [], remedy } of MISTAKES) {
  t.test(name, async t => {
    const { code = -1, text = '' } = outcomes.find(one => one.name === name) ?? {};
    t.equal(code, wanted, text);
    for (const part of [place, remedy].flat()) t.ok(text.includes(part), `${part}\n${text}`);
    t.notMatch(text, /^ {4}at /m, 'no stack');
    const lines = text.split('\n').map(line => line.replace(/^bpfrig: /, '').trim());
    const said = lines.filter(line => line.length > 20);
    t.equal(new Set(said).size, said.length, `each line once:\n${text}`);
  });
}

t.test('forty mistakes', async t => {
  t.ok(MISTAKES.length >= 40);
  t.equal(new Set(MISTAKES.map(({ name }) => name)).size, MISTAKES.length);
});
