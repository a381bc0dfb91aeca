import { accessSync, closeSync, constants, openSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { architecture, hostArchitecture } from '../arch/architectures.ts';
import type { Architecture } from '../arch/architecture.ts';
import type { ArchName } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { mayUseKvm, privilegeFacts, qemuUser } from './privileges.ts';
import { isSince, qemuVersion, type QemuRelease } from './qemu-version.ts';

/** What runs the guest's instructions. */
export type Accelerator = 'kvm' | 'tcg';

/** What `--accel` may ask for; the words for TCG's threads are QEMU's. */
export const ACCELERATOR_CHOICES = ['auto', 'kvm', 'tcg', 'tcg,thread=single', 'tcg,thread=multi'] as const;

/** One word of `--accel`. */
export type AcceleratorChoice = (typeof ACCELERATOR_CHOICES)[number];

/** A thread for all CPUs of a guest, a thread for each, or what suits the host. */
type Threads = 'single' | 'multi' | 'auto';

/** An accelerator, and the sentence that says why, for the report. */
export interface ChosenAccelerator {
  readonly accel: Accelerator;
  /** Whether the CPUs of a guest run side by side. Under TCG they may take turns in one thread of QEMU instead. */
  readonly parallel: boolean;
  readonly reason: string;
}

/** The facts that the rule needs; `kvmOpens` is asked only when the CPU has the flag. */
export interface AcceleratorFacts {
  readonly cpuFlags: ReadonlySet<string>;
  readonly kvmOpens: () => boolean;
  /** QEMU's version, for example `7.2.22`. */
  readonly qemu: string;
  readonly cores: number;
  /** Cells that run at once. */
  readonly jobs: number;
}

/**
 * KVM only where the CPU flags have vmx or svm AND /dev/kvm opens for writing; else TCG.
 * The flag is asked first: a /dev/kvm without hardware behind it must not even be opened, it may take the machine down.
 * Throws `usage` when what was asked for is unavailable.
 */
export function chooseAccelerator(choice: AcceleratorChoice, facts: AcceleratorFacts): ChosenAccelerator {
  if (choice === 'auto' || choice === 'kvm') {
    const lack = whyNoKvm(facts);
    if (lack === null)
      return {
        accel: 'kvm',
        parallel: true,
        reason: 'the CPU has vmx or svm and /dev/kvm opens for writing',
      };
    if (choice === 'kvm')
      throw new BpfrigError('usage', `--accel kvm: ${lack}; use --accel tcg, or run where KVM is`);
    return tcg('auto', `no KVM: ${lack}`, facts);
  }
  const threads = { tcg: 'auto', 'tcg,thread=single': 'single', 'tcg,thread=multi': 'multi' } as const;
  return tcg(threads[choice], `asked for by --accel ${choice}`, facts);
}

/**
 * The same for guests of one architecture: KVM runs only those of the host's own. Throws `usage` when KVM is asked for by name for another.
 */
export function chooseForArch(
  arch: ArchName,
  choice: AcceleratorChoice,
  facts: AcceleratorFacts,
  host: Architecture | null = hostArchitecture(),
): ChosenAccelerator {
  if (arch === host?.name) return chooseAccelerator(choice, facts);
  const what = `a host of ${host?.text ?? process.arch} emulates ${architecture(arch).text}`;
  if (choice === 'kvm')
    throw new BpfrigError(
      'usage',
      `--accel kvm: ${what}; leave it out, and the kernels of the host's own run under KVM`,
    );
  return choice === 'auto' ? tcg('auto', what, facts) : chooseAccelerator(choice, facts);
}

/** The words that make `run` choose the same for one cell alone; none where it does so by itself. */
export function repeatWords(chosen: ChosenAccelerator, facts: AcceleratorFacts): string[] {
  const alone = chooseAccelerator('auto', { ...facts, jobs: 1 });
  if (chosen.accel === alone.accel && chosen.parallel === alone.parallel) return [];
  const tcg = `tcg,thread=${chosen.parallel ? 'multi' : 'single'}`;
  return ['--accel', chosen.accel === 'kvm' ? 'kvm' : tcg];
}

function tcg(threads: Threads, reason: string, facts: AcceleratorFacts): ChosenAccelerator {
  const turns = whyTurns(threads, facts);
  const how = turns === null ? 'CPUs run side by side' : `CPUs take turns, ${turns}`;
  return { accel: 'tcg', parallel: turns === null, reason: `${reason}; ${how}` };
}

function whyTurns(threads: Threads, facts: AcceleratorFacts): string | null {
  if (threads === 'single') return 'as asked for';
  const old = tooOldForThreads(facts.qemu);
  if (threads === 'auto') return old ?? tooFewCores(facts);
  if (old !== null)
    throw new BpfrigError('usage', `--accel tcg,thread=multi: ${old}; install a newer one, or leave it out`);
  return null;
}

/** QEMU from this on can run each CPU of an emulated guest in its own thread. */
const THREADS_SINCE: QemuRelease = [8, 1];

/**
 * QEMU before 8.1 runs code that another CPU has patched meanwhile (Red Hat bug 2216496): in 1,150 cells with a thread for each CPU
 * two guests hung in text_poke_bp_batch and one died of flags that cmpxchg16b had spoilt.
 */
function tooOldForThreads(qemu: string): string | null {
  return isSince(qemu, THREADS_SINCE) ? null : `QEMU ${qemu} is older than ${THREADS_SINCE.join('.')}`;
}

/** Where there is a guest for each core, turns take a quarter less time for the same cells. */
function tooFewCores({ cores, jobs }: AcceleratorFacts): string | null {
  return cores < 2 * jobs ? `with --jobs ${jobs} on ${cores} ${cores === 1 ? 'core' : 'cores'}` : null;
}

function whyNoKvm(facts: AcceleratorFacts): string | null {
  if (!facts.cpuFlags.has('vmx') && !facts.cpuFlags.has('svm'))
    return 'the CPU flags have neither vmx nor svm';
  if (!facts.kvmOpens()) return '/dev/kvm does not open for writing by the user that QEMU runs as';
  return null;
}

/** The facts of this machine, from /proc/cpuinfo, /dev/kvm and QEMU, for so many cells at once. */
export async function hostAcceleratorFacts(jobs: number): Promise<AcceleratorFacts> {
  const flags = /^flags\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
  return {
    cpuFlags: new Set(flags.split(/\s+/)),
    kvmOpens,
    qemu: await qemuVersion('amd64'),
    cores: availableParallelism(),
    jobs,
  };
}

/** For QEMU, which may run as another user than bpfrig. */
function kvmOpens(): boolean {
  try {
    if (!mayUseKvm(qemuUser(privilegeFacts()), statSync('/dev/kvm'))) return false;
    accessSync('/dev/kvm', constants.W_OK);
    closeSync(openSync('/dev/kvm', 'r+'));
    return true;
  } catch {
    return false;
  }
}
