import t from 'tap';
import { diedOfStaleBreakpoint } from './stale-breakpoint.ts';

// From a guest of 7.2 under TCG, eight guests on two cores.
const patchedAway = [
  '[    7.164876] Oops: int3: 0000 [#1] SMP NOPTI',
  '[    7.166630] CPU: 3 UID: 0 PID: 0 Comm: swapper/3 Tainted: G            E       7.2.12+deb13-amd64 #1 PREEMPT(lazy)',
  '[    7.167044] RIP: 0010:ttwu_do_activate+0x93/0x1b0',
  '[    7.167215] Code: 00 80 f9 02 0f 44 d0 e8 ab f9 ff ff c6 43 35 01 44 89 e2 48 89 de 48 89 ef e8 d9 fe ff ff c6 43 36 00 c7 43 18 00 00 00 00 eb <57> 48 8b 83 e8 03 00 00 48 83 78 60 00 74 36 83 bd',
  '[    7.169271] Kernel panic - not syncing: Fatal exception in interrupt',
];
t.ok(diedOfStaleBreakpoint(patchedAway), 'the breakpoint is no more');

const astray = patchedAway.map(line => line.replace('eb <57>', 'cc <57>'));
t.notOk(diedOfStaleBreakpoint(astray), 'a jump into padding is the kernel’s own');
t.notOk(diedOfStaleBreakpoint(patchedAway.slice(0, 3)), 'what cannot be told is the kernel’s');
t.notOk(
  diedOfStaleBreakpoint(patchedAway.map(line => line.replace('int3', '0002'))),
  'another oops is the kernel’s',
);
