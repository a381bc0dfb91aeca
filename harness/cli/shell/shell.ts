import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Argument, Command, Option } from 'commander';
import type { Testbed } from '../../guest/testbed.ts';
import { loadCatalogue } from '../../kernel/catalogue.ts';
import { EXIT } from '../../model/exit-code.ts';
import type { Kernel } from '../../model/kernel.ts';
import { logText } from '../../report/text.ts';
import { filesOf } from '../../run/exec-command.ts';
import { openProject } from '../../run/project.ts';
import { requestedKernel } from '../../run/requested-kernel.ts';
import { inSession, type Session } from '../../run/session.ts';
import { launcher } from '../../util/launcher.ts';
import { makeWorkspace } from '../../util/workspace.ts';
import { GuestFailure } from '../../vm/failure.ts';
import { addGuestOptions, keepFile, pathInGuest } from '../guest-options.ts';
import { onProgress } from '../progress.ts';
import { acceleratorOption, collectVariant, lockedOption } from '../run-options.ts';
import { sshCommand } from '../way-in.ts';
import { openDebugger } from './debugger.ts';
import type { ShellOptions } from './options.ts';
import { scenarioStage, plainStage, type ShellStage } from './stage.ts';
import { interact } from './terminal.ts';
import { installTraffic, serveTraffic } from './traffic.ts';

/** `bpfrig shell`: an interactive shell in a guest, perhaps with a scenario's set-up done. */
export function shellCommand(): Command {
  const command = new Command('shell')
    .description(
      'An interactive shell in a guest, with devices tx and rx, or with the set-up of a scenario done.',
    )
    .addArgument(
      new Argument('[scenario]', 'a scenario file whose `setup` is done first, in a guest as it asks for'),
    )
    .requiredOption('--kernel <spec>', 'which kernel')
    .option(
      '--variant <axis=value>',
      'which variant of the scenario (repeatable; default: the first)',
      collectVariant,
      {},
    )
    .addOption(
      new Option('--nic <kind>', "devices tx and rx (default: virtio, or the scenario's)").choices([
        'none',
        'veth',
        'virtio',
      ]),
    );
  return addGuestOptions(command, 'when the shell has ended')
    .option('--gdb', 'open the guest for a debugger, and print how to attach gdb')
    .addOption(
      new Option('--vmlinux <file>', 'for --gdb: the vmlinux of this kernel, with debug information').implies(
        { gdb: true },
      ),
    )
    .addOption(acceleratorOption())
    .addOption(lockedOption())
    .addHelpText('after', EXPLANATION)
    .action(async (scenario: string | undefined, options: ShellOptions) => {
      process.exitCode = await shell(scenario, options);
    });
}

const EXPLANATION = `
Examples:
  ${launcher()} shell --kernel 6.12
  ${launcher()} shell tests/blocked.yaml --kernel 7.3 --variant nic=veth --program bpftool
  ${launcher()} shell --kernel 6.12 --gdb
  echo 'ip -br link' | ${launcher()} shell --kernel 5.10

The maps, programs and devices of the set-up stay until the shell ends. The command that is printed is a second way in.

Exit codes: 0 the shell ended with status 0; 1 it did not, or the guest was lost; 2 usage; 3 the host kept it from running.
`;

async function shell(scenario: string | undefined, options: ShellOptions): Promise<number> {
  const { kernel: text, accel, locked = false } = options;
  // Also for its mirror.
  openProject(scenario === undefined ? [] : [scenario]);
  const requested = await requestedKernel(text, loadCatalogue());
  const stage =
    scenario === undefined ? plainStage(options) : await scenarioStage(scenario, requested.id, options);
  return await inSession({ accel, jobs: 1, locked, onProgress }, async session => {
    const kernel = await session.fetch(requested);
    return await shellOn(kernel, stage, { session, options }).catch((error: unknown) => {
      if (!(error instanceof GuestFailure) || error.kind === 'infra' || error.kind === 'error') throw error;
      onProgress(error.message);
      for (const line of error.consoleTail) console.error(logText(line));
      return EXIT.red;
    });
  });
}

async function shellOn(
  kernel: Kernel,
  stage: ShellStage,
  { session, options }: { readonly session: Session; readonly options: ShellOptions },
): Promise<number> {
  const setUp = await stage.compile(kernel, session.cacheDir);
  await using workspace = await makeWorkspace();
  const dir = join(workspace.dir, 'guest');
  await mkdir(dir);
  await using bed = await session.guests().start(kernel, stage.shape, { dir, signal: session.signal });
  const { what, traffic } = await bed.whileAlive(setUp(bed));
  if (traffic !== null) await bed.whileAlive(installTraffic(bed.dut));
  const target = await bed.dut.openSsh();
  onProgress(`${kernel.id} is up (${kernel.release}); ${what}; exit ends the guest`);
  onProgress(`another way in: ${sshCommand(target, join(workspace.dir, 'ssh'))}`);
  if (options.gdb === true) {
    const lines = await openDebugger(bed.dut, kernel, { dir: workspace.dir, vmlinux: options.vmlinux });
    for (const line of lines) onProgress(line);
  }
  const { stdin: input, stdout: output, stderr: error } = process;
  const over = new AbortController();
  const served = traffic === null ? Promise.resolve() : serveTraffic(bed.dut, traffic, over.signal);
  // A guest that is lost ends both.
  served.catch(() => undefined);
  const status = await bed.whileAlive(interact(target, { input, output, error }).finally(() => over.abort()));
  await bed.whileAlive(served);
  const missing = await bringBack(bed, options);
  if (status !== 0 && process.stdin.isTTY !== true) onProgress(`the shell ended with status ${status}`);
  for (const line of await bed.complaints()) onProgress(`the kernel complained: ${logText(line)}`);
  // The guest must not choose bpfrig's exit code.
  return status === 0 && !missing ? EXIT.ok : EXIT.red;
}

/** Writes what `--get` names; whether the guest lacks some of it, which is reported. */
async function bringBack({ dut }: Testbed, { get }: ShellOptions): Promise<boolean> {
  const files = await filesOf(dut, get.map(pathInGuest));
  for (const wanted of get) {
    const content = files.get(pathInGuest(wanted));
    if (content === undefined) onProgress(`the guest has no file ${pathInGuest(wanted)}`);
    else await keepFile(wanted, content, '.');
  }
  return get.some(wanted => !files.has(pathInGuest(wanted)));
}
