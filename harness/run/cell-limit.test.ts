import t from 'tap';
import type { Step } from '../scenario/scenario.ts';
import { cellLimitMs } from './cell-limit.ts';

const BASE = { as: null, background: false, place: { line: 1, column: 1 }, path: [] };
const wait: Step = { ...BASE, kind: 'wait', args: { for: 100_000 } };
const none = { setup: [], traffic: [], after: [] };

const empty = cellLimitMs(none, 1);
t.ok(empty >= 180_000 && empty <= 300_000, 'a boot, and an end');
t.equal(cellLimitMs(none, 2), 2 * empty);
const one = cellLimitMs({ ...none, traffic: [wait] }, 1) - empty;
t.ok(one > 100_000, 'what a step allows itself is allowed');
const twice: Step = {
  ...BASE,
  kind: 'repeat',
  args: { times: 2, steps: [wait as Exclude<Step, { kind: 'repeat' }>] },
};
t.equal(cellLimitMs({ ...none, setup: [twice] }, 1) - empty, 2 * one);
