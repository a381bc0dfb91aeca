import { Command, Option } from 'commander';
import { SshSession } from '../guest/ssh.ts';
import type { Testbed } from '../guest/testbed.ts';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { requestedKernel } from '../run/requested-kernel.ts';
import { inSession } from '../run/session.ts';
import { makeWorkspace } from '../util/workspace.ts';
import { onProgress } from './progress.ts';

/** How long dropbear may take until it lets us in: under emulation its handshake is most of it. */
const SSH_MS = 15_000;

/** Options of `shell` as commander returns them. */
interface ShellOptions {
  readonly kernel: string;
  readonly nic: 'veth' | 'virtio';
}

/** `bpfrig shell`: an interactive shell in a guest, with devices tx and rx. */
export function shellCommand(): Command {
  return new Command('shell')
    .description('An interactive shell in a guest, with devices tx and rx as a scenario has them.')
    .requiredOption('--kernel <spec>', 'which kernel')
    .addOption(new Option('--nic <kind>', 'devices tx and rx').choices(['veth', 'virtio']).default('virtio'))
    .action(async (options: ShellOptions) => {
      process.exitCode = await runShell(options);
    });
}

async function runShell({ kernel: text, nic }: ShellOptions): Promise<number> {
  const requested = requestedKernel(text, loadCatalogue());
  return await inSession({ accel: 'auto', jobs: 1, timeScale: 1, onProgress }, async session => {
    const kernel = await session.fetch(requested);
    await using workspace = await makeWorkspace();
    const shape = { topology: nic, guest: { cpus: 4, memoryMiB: 512, queues: 1 } } as const;
    await using bed = await session.guests().start(kernel, shape, { dir: workspace.dir });
    onProgress(
      `${kernel.id} is up (${kernel.release}); devices tx and rx, programs in /bpf; exit ends the guest`,
    );
    return await interact(bed);
  });
}

/** Connects the terminal with a shell in the guest until the shell ends. */
async function interact({ dut }: Testbed): Promise<number> {
  const { rows = 24, columns = 80 } = process.stdout;
  using session = await SshSession.connect(await dut.openSsh(), SSH_MS);
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
  // The guest must not choose bpfrig's exit code.
  return code === 0 ? 0 : 1;
}
