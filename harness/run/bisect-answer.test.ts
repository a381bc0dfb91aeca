import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { BISECT_FILE, readBisectAnswer, writeBisectAnswer } from './bisect-answer.ts';

const dir = mkdtempSync(join(tmpdir(), 'bpfrig-bisect-'));
t.teardown(() => rmSync(dir, { recursive: true }));

t.test('an answer is read as it was kept, and nothing else is', async t => {
  t.throws(() => readBisectAnswer(dir), { code: 'usage', message: /ENOENT.*a bisect that found a change/ });
  const answer = {
    scenarios: ['a'],
    variant: { mode: ['native'] },
    question: 'verdict',
    heldBefore: true,
    before: { label: '6.1', version: '6.1.192' },
    first: { label: '6.12', version: null },
    between: [],
  };
  writeBisectAnswer(dir, answer);
  t.same(readBisectAnswer(dir), answer);
  writeFileSync(join(dir, BISECT_FILE), '{"scenarios": 1}');
  t.throws(() => readBisectAnswer(dir), { code: 'usage', message: /not what `bisect` writes/ });
});
