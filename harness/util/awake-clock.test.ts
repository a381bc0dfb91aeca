import t from 'tap';
import { AwakeClock } from './awake-clock.ts';

const start = performance.now();
const clock = new AwakeClock(250);
clock.tick(start + 250);
clock.tick(start + 500);
t.ok(Math.abs(clock.now - 500) < 50);
// Blocked for an hour: two ticks count.
clock.tick(start + 3_600_000);
t.ok(Math.abs(clock.now - 1_000) < 50, `${clock.now}`);
clock.tick(start + 3_600_250);
t.ok(Math.abs(clock.now - 1_250) < 50);
