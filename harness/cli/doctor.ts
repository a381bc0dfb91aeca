import { existsSync, statfsSync } from 'node:fs';
import { availableParallelism, freemem, tmpdir, totalmem } from 'node:os';
import { Command } from 'commander';
import { architecture } from '../arch/architectures.ts';
import { findProgram } from '../image/host-programs.ts';
import type { ArchName } from '../model/kernel.ts';
import { EXIT } from '../model/exit-code.ts';
import { messageOf } from '../util/errors.ts';
import { chooseAccelerator, hostAcceleratorFacts } from '../vm/accelerator.ts';
import { qemuProgram } from '../vm/process.ts';
import { installPackages } from './install-packages.ts';
import { archOption } from './run-options.ts';
import { table } from './table.ts';
import { launcher } from '../util/launcher.ts';

/** One thing that bpfrig needs of the host. */
interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly text: string;
}

/** Programs, and what they are for. Their packages are installed by `bpfrig doctor --fix`, that is the launcher's --setup. */
const PROGRAMS: readonly (readonly [string, string])[] = [
  [qemuProgram('amd64'), 'guests'],
  ['setpriv', 'guests without privileges that end with bpfrig'],
  ['prlimit', 'limits of guests'],
  ['flock', 'locks of the cache'],
  ['fallocate', 'templates'],
  ['apt-get', 'kernels'],
  ['dpkg-deb', 'kernels'],
  ['xz', 'kernels'],
  ['zstd', 'kernels'],
  ['lz4', 'kernels'],
  ['tar', 'libbpf'],
  ['make', 'the agent'],
  ['gcc', 'the agent'],
  ['clang', 'BPF objects'],
  ['bpftool', 'vmlinux.h for BPF objects'],
  ['busybox', 'in the guest'],
  ['dash', 'in the guest'],
  ['dropbear', 'in the guest'],
  ['dropbearkey', 'ssh keys'],
  ['ip', 'in the guest'],
  ['tc', 'in the guest'],
  ['ethtool', 'in the guest'],
];

/** Files of development packages. */
const FILES: readonly (readonly [string, string])[] = [
  ['/usr/include/jansson.h', 'the agent (libjansson-dev)'],
  ['/usr/include/libelf.h', 'the agent (libelf-dev)'],
  ['/usr/share/keyrings/debian-archive-keyring.gpg', 'signatures of kernels (debian-archive-keyring)'],
];

/** `bpfrig doctor`: what the host has and lacks. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('What the host has and lacks; --fix installs what is missing.')
    .option('--fix', 'install the missing Debian packages, as root or through sudo')
    .option('--setup', 'the same, done by the launcher before anything else')
    .addOption(archOption('also what guests of this architecture need (repeatable)'))
    .action(async ({ fix, arch }: { fix?: boolean; arch: readonly ArchName[] }) => {
      if (fix) installPackages(arch);
      process.exitCode = await runDoctor(arch);
    });
}

/** The same for guests of a foreign architecture. */
function foreignPrograms(arch: ArchName): (readonly [string, string])[] {
  if (arch === 'amd64') return [];
  const { text, toolchain } = architecture(arch);
  return [
    [qemuProgram(arch), `guests of ${text}`],
    [`${toolchain.tuple}-gcc`, `the agent for ${text}`],
  ];
}

async function runDoctor(archs: readonly ArchName[]): Promise<number> {
  const programs = [...PROGRAMS, ...archs.flatMap(foreignPrograms)];
  const findings = [
    ...(await Promise.all(programs.map(([name, use]) => program(name, use)))),
    ...FILES.map(file),
    node(),
    space(),
  ];
  console.log(table(findings.map(({ what, ok, text }) => [ok ? 'ok     ' : 'MISSING', what, text])));
  const GiB = 1024 ** 3;
  console.log(`\n${await guestsLine()}`);
  console.log(
    `${availableParallelism()} cores, ${(totalmem() / GiB).toFixed(1)} GiB of memory, ${(freemem() / GiB).toFixed(1)} GiB free`,
  );
  const missing = findings.filter(({ ok }) => !ok);
  const options = archs.map(arch => ` --arch ${arch}`).join('');
  if (missing.length > 0) console.log(`\n${launcher()} doctor --fix${options} installs what is missing`);
  return missing.length > 0 ? EXIT.infra : EXIT.ok;
}

/** How a single cell would run. */
async function guestsLine(): Promise<string> {
  try {
    const { accel, reason } = chooseAccelerator('auto', await hostAcceleratorFacts(1));
    return `guests run under ${accel} (${reason})`;
  } catch (error) {
    return `no guest can run: ${messageOf(error)}`;
  }
}

async function program(name: string, use: string): Promise<Finding> {
  try {
    return { what: name, ok: true, text: `${use}: ${await findProgram(name)}` };
  } catch (error) {
    return { what: name, ok: false, text: `${use}: ${messageOf(error)}` };
  }
}

function file([path, use]: readonly [string, string]): Finding {
  return { what: path, ok: existsSync(path), text: use };
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return { what: 'node', ok, text: `${process.versions.node}, needs 20.19` };
}

/** A guest's folder holds its initramfs and, for a template, its memory. */
function space(): Finding {
  const { bavail, bsize } = statfsSync(tmpdir());
  const freeMiB = Math.floor((bavail * bsize) / 1024 / 1024);
  return { what: tmpdir(), ok: freeMiB > 1024, text: `${freeMiB} MiB free, needs 1024` };
}
