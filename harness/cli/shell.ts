import { Command } from 'commander';
import { SshSession } from '../guest/ssh.ts';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { fetchKernel } from '../kernel/provider.ts';
import { expandKernelSpecs, kernelLabels } from '../kernel/spec.ts';
import { Guests } from '../run/guests.ts';
import { makeWorkspace } from '../util/workspace.ts';
import { BpfrigError } from '../util/errors.ts';
import { cacheRoot } from '../util/paths.ts';
import { chooseAccelerator, hostAcceleratorFacts } from '../vm/accelerator.ts';

/** How long dropbear may take until it lets us in: under emulation its handshake is most of it. */
const SSH_MS = 15_000;

/** Options of `shell` as commander passes them. */
interface ShellOptions {
  readonly kernel: string;
  readonly nic: 'veth' | 'virtio';
}

/** `bpfrig shell`: an interactive shell in a guest, with devices tx and rx. */
export function shellCommand(): Command {
  return new Command('shell')
    .description('An interactive shell in a guest, with devices tx and rx as a scenario has them.')
    .requiredOption('--kernel <spec>', 'which kernel')
    .option('--nic <kind>', 'veth or virtio', 'virtio')
    .action(async (options: ShellOptions) => {
      process.exitCode = await runShell(options);
    });
}

async function runShell({ kernel: text, nic }: ShellOptions): Promise<number> {
  const [spec] = expandKernelSpecs([text], loadCatalogue());
  if (spec === undefined) throw new BpfrigError('usage', `--kernel ${text}: names no kernel`);
  const cacheDir = cacheRoot();
  const id = kernelLabels([spec])[0] ?? text;
  const kernel = await fetchKernel(spec, { cacheDir, locked: false, id });
  const accelerator = chooseAccelerator('auto', await hostAcceleratorFacts(1));
  await using workspace = await makeWorkspace();
  const { signal } = new AbortController();
  const onNote = (note: string): void => void process.stderr.write(`bpfrig: ${note}\n`);
  const guests = new Guests({ cacheDir, accelerator, timeScale: 1, signal, onNote });
  const shape = { topology: nic, guest: { cpus: 4, memoryMiB: 512, queues: 1 } } as const;
  await using bed = await guests.start(kernel, shape, { dir: workspace.dir });
  process.stderr.write(
    `bpfrig: ${kernel.id} is up (${kernel.release}); devices tx and rx, programs in /bpf; exit ends the guest\n`,
  );
  const { rows = 24, columns = 80 } = process.stdout;
  using session = await SshSession.connect(await bed.dut.openSsh(), SSH_MS);
  const channel = await session.shell({ term: process.env['TERM'] ?? 'vt100', rows, cols: columns });
  const raw = process.stdin.isTTY === true;
  if (raw) process.stdin.setRawMode(true);
  process.stdin.pipe(channel).pipe(process.stdout);
  const code = await new Promise<number>(resolve => {
    channel.once('exit', (status: number | null) => resolve(status ?? 1));
    channel.once('close', () => resolve(1));
  });
  if (raw) process.stdin.setRawMode(false);
  process.stdin.unpipe(channel).pause();
  // A code that the guest chose must not become ours.
  return code === 0 ? 0 : 1;
}
