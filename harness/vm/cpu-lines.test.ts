import t from 'tap';
import type { ArchName } from '../model/kernel.ts';
import { cpuLines, haltedForGood } from './cpu-lines.ts';

/** As `info registers -a` prints it, shortened. */
function cpu(number: number, flags: string, halted: 0 | 1): string {
  return `\nCPU#${number}\nRAX=0000000000000000 RBX=0000000000000000\nRIP=ffffffff81000000 RFL=${flags} [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=${halted}\n`;
}

t.test('one line per CPU', async t => {
  const text = cpuLines('amd64', cpu(0, '00000246', 0) + cpu(1, '00000002', 1));
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
  for (const [name, text, dead] of rows) t.equal(haltedForGood('amd64', text), dead, name);
});

t.test('the registers of every architecture, as QEMU 10.0.2 prints them', async t => {
  const rows: readonly [ArchName, string, string, boolean][] = [
    [
      'arm64',
      '\nCPU#0\n PC=ffff800080d1a3c4 X00=0000000000000000 X01=0000000000000001\nPSTATE=600003c5 -ZC- EL1h     FPCR=00000000\n',
      'CPU 0: PC ffff800080d1a3c4 PSTATE 600003c5',
      false,
    ],
    [
      's390x',
      '\nCPU#0\nPSW=mask 0706c00180000000 addr 0000000000a1b2c3 cc 00\n',
      'CPU 0: PSW 0706c00180000000 0000000000a1b2c3, sleeps',
      false,
    ],
    [
      's390x',
      '\nCPU#0\nPSW=mask 0002000180000000 addr 0000000000000dead cc 00\n',
      'CPU 0: PSW 0002000180000000 0000000000000dead, sleeps',
      true,
    ],
    [
      'riscv64',
      '\nCPU#0\n V      =   0\n pc       ffffffff80a1b2c4\n mhartid  0000000000000000\n mstatus  0000000a000000a2\n',
      'CPU 0: PC ffffffff80a1b2c4 mstatus 0000000a000000a2',
      false,
    ],
  ];
  for (const [arch, text, lines, dead] of rows) {
    t.equal(cpuLines(arch, text), lines, arch);
    t.equal(haltedForGood(arch, text), dead, arch);
  }
});
