import t from 'tap';
import { cpuLines, haltedForGood } from './cpu-lines.ts';

/** As `info registers -a` prints it, shortened. */
function cpu(number: number, flags: string, halted: 0 | 1): string {
  return `\nCPU#${number}\nRAX=0000000000000000 RBX=0000000000000000\nRIP=ffffffff81000000 RFL=${flags} [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=${halted}\n`;
}

t.test('one line per CPU', async t => {
  const text = cpuLines(cpu(0, '00000246', 0) + cpu(1, '00000002', 1));
  t.equal(
    text,
    'CPU 0: RIP ffffffff81000000 RFLAGS 00000246\nCPU 1: RIP ffffffff81000000 RFLAGS 00000002, sleeps',
  );
});

t.test('only a guest whose CPUs all halt with interrupts off can do nothing more', async t => {
  const rows: readonly [string, string, boolean][] = [
    ['dead', cpu(0, '00000046', 1), true],
    ['dead, and a CPU that was never started', cpu(0, '00000046', 1) + cpu(1, '00000002', 1), true],
    ['idle: an interrupt wakes it', cpu(0, '00000246', 1) + cpu(1, '00000246', 1), false],
    ['one CPU is idle', cpu(0, '00000046', 1) + cpu(1, '00000246', 1), false],
    ['busy with interrupts off', cpu(0, '00000046', 0), false],
    ['no text', '', false],
    ['another text', 'CPU#0\nHLT=1', false],
  ];
  for (const [name, text, dead] of rows) t.equal(haltedForGood(text), dead, name);
});
