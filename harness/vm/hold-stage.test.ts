import t from 'tap';
import { HoldProgress, type CpuPlace, type HoldPlace } from './hold-stage.ts';

const AT = 0x1000n;
const CALLER = { start: 0x2000n, end: 0x2100n };
const PLACE: HoldPlace = { cpu: 1, at: AT, caller: null, afterReturn: false, hit: 1 };

/** Where CPU 1 has stopped. */
function at(pc: bigint, more: Partial<CpuPlace> = {}): CpuPlace {
  return { cpu: 1, pc, sp: 0x8000n, returnAddress: 0x3000n, ...more };
}

t.test('the CPU that is meant is held, the time that is meant', async t => {
  const progress = new HoldProgress({ ...PLACE, hit: 2 }, 8);
  t.same(progress.watched, [AT]);
  t.notOk(progress.visit(at(AT, { cpu: 0 })), 'another CPU');
  t.notOk(progress.visit(at(AT)), 'the first time');
  t.equal(progress.hits, 1);
  t.ok(progress.visit(at(AT)));
  t.equal(progress.hits, 2);
  t.same(progress.watched, [], 'no CPU stops there any more');
});

t.test('after the return: of this call, and not of one within it', async t => {
  const progress = new HoldProgress({ ...PLACE, afterReturn: true }, 8);
  t.notOk(progress.visit(at(AT)));
  t.same(progress.watched, [0x3000n]);
  t.notOk(progress.visit(at(0x3000n, { sp: 0x7000n })), 'the return of a call of an interrupt');
  t.notOk(progress.visit(at(0x3000n, { sp: 0x8008n, cpu: 2 })), 'of another CPU');
  t.ok(progress.visit(at(0x3000n, { sp: 0x8008n })));
});

t.test('a function that is called everywhere is watched only while the CPU is in the caller', async t => {
  const progress = new HoldProgress({ ...PLACE, caller: CALLER }, 8);
  t.same(progress.watched, [CALLER.start]);
  t.notOk(progress.visit(at(CALLER.start)));
  t.same(progress.watched, [AT, 0x3000n], 'and where the caller returns to');
  t.notOk(progress.visit(at(AT, { returnAddress: 0x2100n })), 'called from elsewhere');
  t.notOk(progress.visit(at(0x3000n, { sp: 0x8008n })), 'the caller has returned without a call');
  t.same(progress.watched, [CALLER.start]);
  t.notOk(progress.visit(at(CALLER.start)));
  t.ok(progress.visit(at(AT, { returnAddress: 0x20ffn })));
});

t.test('where a return takes nothing from the stack', async t => {
  const progress = new HoldProgress({ ...PLACE, afterReturn: true }, 0);
  progress.visit(at(AT));
  t.ok(progress.visit(at(0x3000n)));
});
