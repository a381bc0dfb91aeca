import t from 'tap';
import { held, isRed } from '../model/verdict.ts';
import { chooseFaults, FAULTS } from './table.ts';

t.test('there are at least 120 faults, each with a name of its own', async t => {
  t.ok(FAULTS.length >= 120, `${FAULTS.length} faults`);
  t.same(new Set(FAULTS.map(({ name }) => name)).size, FAULTS.length);
  for (const { name } of FAULTS) t.match(name, /^[a-z]+\/[a-z0-9_-]+$/);
});

t.test('QEMU is killed at thirty moments', async t => {
  t.equal(FAULTS.filter(({ name }) => name.startsWith('qemu/killed-at-')).length, 30);
});

t.test('no fault may be green, and each exit code is one of the contract', async t => {
  for (const { name, verdict, exit } of FAULTS) {
    t.ok(
      verdict.every(one => isRed(one) && held(one) !== true),
      `${name}: ${verdict.join()}`,
    );
    t.ok(
      exit.length > 0 && !exit.includes(0) && exit.every(code => code <= 4 || code > 128),
      `${name}: ${exit.join()}`,
    );
  }
});

t.test('a verdict and the exit code go together', async t => {
  for (const { name, verdict, exit } of FAULTS) {
    const guilty = verdict.some(one => ['fail', 'panic', 'hang', 'fixed'].includes(one));
    if (exit.includes(1) && verdict.length > 0)
      t.ok(guilty, `${name}: exit 1 without a verdict that accuses the guest`);
    const innocent = verdict.length > 0 && verdict.every(one => one === 'infra' || one === 'error');
    if (innocent) t.notOk(exit.includes(1), `${name}: exit 1 accuses the guest`);
  }
});

t.test('no verdict takes longer than a minute, but for a booting kernel that is silent', async t => {
  const slow = FAULTS.filter(({ seconds }) => seconds > 60).map(({ name }) => name);
  t.same(slow, ['boot/truncated', 'boot/early-silence', 'observer/btf-missing']);
});

t.test('faults are chosen by a part of their name, as the sample, and in shards', async t => {
  t.equal(chooseFaults(null).length, FAULTS.length);
  t.ok(chooseFaults('signal/').every(({ name }) => name.startsWith('signal/')));
  const sample = chooseFaults('sample');
  t.ok(sample.length >= 20 && sample.length < FAULTS.length);
  const shards = [1, 2, 3].map(index => chooseFaults(null, { index, count: 3 }));
  t.same(new Set(shards.flat()), new Set(FAULTS));
  t.equal(shards.flat().length, FAULTS.length);
});

t.test('every area is in the sample', async t => {
  const areas = (faults: typeof FAULTS): Set<string> =>
    new Set(faults.map(({ name }) => name.split('/')[0] ?? ''));
  t.same(areas(chooseFaults('sample')), areas(FAULTS));
});
