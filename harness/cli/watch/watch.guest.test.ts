import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import t from 'tap';
import type { RunEvent } from '../../model/events.ts';
import { PACKAGE_ROOT } from '../../util/paths.ts';

t.setTimeout(0);

const PROJECT = 'suites: [tests]\nkernels: [7.3]\n';

t.test('edits of a header, a scenario and the project run again what depends on them', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'bpfrig-watch-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const tests = join(dir, 'tests');
  cpSync(join(PACKAGE_ROOT, 'examples', 'project', 'tests'), tests, { recursive: true });
  rmSync(join(tests, 'sizes.scenario.ts'));
  const source = readFileSync(join(tests, 'firewall.bpf.c'), 'utf8');
  writeFileSync(
    join(tests, 'firewall.bpf.c'),
    source.replace('SEC("xdp")', '#include "verdict.h"\n\nSEC("xdp")').replaceAll('XDP_DROP', 'VERDICT'),
  );
  writeFileSync(join(tests, 'verdict.h'), '#define VERDICT XDP_DROP\n');
  const project = join(dir, 'bpfrig.yaml');
  writeFileSync(project, PROJECT);

  const main = join(PACKAGE_ROOT, 'dist', 'cli', 'main.js');
  const child = execa(
    process.execPath,
    [main, 'run', '--watch', '--variant', 'nic=veth', '--reporter', 'jsonl'],
    {
      cwd: dir,
      env: { BPFRIG_RESULTS: join(dir, 'results') },
      reject: false,
      cleanup: true,
    },
  );
  const events: RunEvent[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', line => {
    events.push(JSON.parse(line) as RunEvent);
    for (const look of waiting) look();
  });
  /** Verdicts of the nth run, counted from 1, when it is over. */
  const run = async (nth: number): Promise<string[]> => {
    const ends = (): number[] => events.flatMap(({ type }, index) => (type === 'run-end' ? [index] : []));
    await new Promise<void>(resolve => {
      const look = (): void => {
        if (ends().length >= nth) resolve();
      };
      waiting.add(look);
      look();
    });
    const [from = -1, to = 0] = [nth === 1 ? -1 : ends()[nth - 2], ends()[nth - 1]];
    return events
      .slice(from + 1, to)
      .flatMap(event => (event.type === 'cell-end' ? [event.result.verdict] : []));
  };

  let stderr = '';
  child.stderr.on('data', (data: Buffer) => {
    stderr += String(data);
    for (const look of waiting) look();
  });
  const said = async (text: RegExp): Promise<void> =>
    await new Promise<void>(resolve => {
      const look = (): void => {
        if (text.test(stderr)) resolve();
      };
      waiting.add(look);
      look();
    });

  t.strictSame(await run(1), ['pass']);
  writeFileSync(join(tests, 'verdict.h'), '#define VERDICT XDP_NOWHERE\n');
  t.strictSame(await run(2), ['error'], 'it does not compile');
  writeFileSync(join(tests, 'verdict.h'), '#define VERDICT (XDP_DROP)\n');
  t.strictSame(await run(3), ['pass']);
  const scenario = readFileSync(join(tests, 'firewall.yaml'), 'utf8');
  writeFileSync(join(tests, 'firewall.yaml'), scenario.replace('sent == 1060', 'sent == 1061'));
  t.strictSame(await run(4), ['fail']);
  // A mistake ends nothing; a file that nobody depends on starts nothing.
  writeFileSync(join(tests, 'firewall.yaml'), scenario.replace('sent == 1060', 'sennt == 1060'));
  await said(/firewall\.yaml:\d+:\d+: .*unknown name `sennt`/);
  writeFileSync(join(tests, 'notes.txt'), 'nothing');
  writeFileSync(join(tests, 'firewall.yaml'), scenario);
  t.strictSame(await run(5), ['pass']);
  writeFileSync(project, `${PROJECT}guest: { cpu: 2 }\n`);
  await said(/bpfrig\.yaml:3:\d+: unknown key `cpu`/);
  writeFileSync(project, PROJECT);
  t.strictSame(await run(6), ['pass'], 'what the project says is for all');
  writeFileSync(join(tests, 'again.yaml'), scenario);
  t.strictSame(await run(7), ['pass'], 'a new scenario alone');
  child.stdin.write('r\n');
  await said(/no such key; there are: a all/);
  child.stdin.write('a\n');
  t.strictSame(await run(8), ['pass', 'pass']);
  await said(/watching 2 cells: 2 pass/);
  child.kill('SIGINT');
  const { exitCode } = await child;
  t.equal(exitCode, 0, `Ctrl-C is a way to end it: ${stderr}`);
  t.equal(
    readdirSync(join(dir, 'results')).filter(name => /^\d/.test(name)).length,
    5,
    'the last few runs stay',
  );
});
