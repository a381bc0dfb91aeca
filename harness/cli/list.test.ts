import { execa } from 'execa';
import { join } from 'node:path';
import t from 'tap';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { VERSION } from '../util/version.ts';
import { WORD_KINDS } from './words.ts';

// Each of these starts Node anew, which takes its time on a busy host.
t.setTimeout(120_000);

/** bpfrig with these arguments, as a user starts it. */
async function bpfrig(...args: string[]) {
  const main = join(PACKAGE_ROOT, 'dist', 'cli', 'main.js');
  return await execa(process.execPath, [main, ...args], { reject: false, stdin: 'ignore' });
}

t.test('every kind has words, each once and with a meaning', async t => {
  for (const [kind, { entries }] of Object.entries(WORD_KINDS)) {
    const found = await entries();
    t.ok(found.length > 4, `${kind}: ${found.length}`);
    t.equal(new Set(found.map(({ word }) => word)).size, found.length, `${kind}: each once`);
    t.same(
      found.filter(({ word, meaning, more }) => word === '' || meaning + more === ''),
      [],
      kind,
    );
  }
});

t.test('list and explain', async t => {
  const kinds = await bpfrig('list');
  for (const kind of Object.keys(WORD_KINDS)) t.match(kinds.stdout, new RegExp(`^${kind} `, 'm'));
  t.match((await bpfrig('list', 'steps')).stdout, /^packets +Send exactly count times/m);
  t.match((await bpfrig('list', 'steppes')).stderr, /Allowed choices are steps, /);
  for (const [word, text] of [
    [
      'packets',
      /^packets \(steps.*\n.*\n {2}on +the device that sends them\n +rx or tx; default: tx\n.*Result: sent, errors, errno\.$/s,
    ],
    ['guest.memory_mib', /^guest\.memory_mib \(keys.*\n.*MiB of RAM.*\n128 to 65536; default: 512$/],
    ['kthread.processed', /^kthread\.processed \(counters.*\n.*Counted in packets/s],
    ['cpumap.maps.mine.accepted', /^cpumap\.maps\.\*\.accepted \(counters/],
    ['live-frames', /since 5\.18\nb530e9e1063e/],
    ['redirect_to_cpu', /programs, bpf\/\)\n {2}xdp\nconfig: .*\bcpu\b/],
    ['known', /^known \(keys.*\n\nknown \(verdicts/s],
    ['6.12', /Suites: trixie/],
  ] as const) {
    const { stdout, exitCode } = await bpfrig('explain', word);
    t.equal(exitCode, 0, word);
    t.match(stdout, text);
  }
  t.match(await bpfrig('explain', 'pakets'), {
    exitCode: 2,
    stderr: /no word `pakets`, did you mean `packets`\?/,
  });
  t.match(await bpfrig('--version'), { exitCode: 0, stdout: VERSION });
});
