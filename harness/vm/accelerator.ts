import { accessSync, closeSync, constants, openSync, readFileSync } from 'node:fs';
import { BpfrigError } from '../util/errors.ts';

/** What runs the guest's instructions. */
export type Accelerator = 'kvm' | 'tcg';

/** What `--accel` may ask for. */
export type AcceleratorChoice = 'auto' | Accelerator;

/** An accelerator and the sentence that says why, for the report. */
export interface ChosenAccelerator {
  readonly accel: Accelerator;
  readonly reason: string;
}

/** The two facts that the rule needs; `kvmOpens` is asked only when the CPU has the flag. */
export interface AcceleratorFacts {
  readonly cpuFlags: ReadonlySet<string>;
  readonly kvmOpens: () => boolean;
}

/**
 * KVM only where the CPU flags have vmx or svm AND /dev/kvm opens for writing; else TCG.
 * The flag is asked first: a /dev/kvm without hardware behind it must not even be opened, it may take the machine down.
 * Throws `usage` when KVM was asked for and cannot be had.
 */
export function chooseAccelerator(choice: AcceleratorChoice, facts: AcceleratorFacts): ChosenAccelerator {
  if (choice === 'tcg') return { accel: 'tcg', reason: 'asked for by --accel tcg' };
  const lack = whyNoKvm(facts);
  if (lack === null) return { accel: 'kvm', reason: 'the CPU has vmx or svm and /dev/kvm opens for writing' };
  if (choice === 'kvm') {
    throw new BpfrigError('usage', `--accel kvm: ${lack}; use --accel tcg, or run where KVM is`);
  }
  return { accel: 'tcg', reason: `no KVM: ${lack}` };
}

function whyNoKvm(facts: AcceleratorFacts): string | null {
  if (!facts.cpuFlags.has('vmx') && !facts.cpuFlags.has('svm'))
    return 'the CPU flags have neither vmx nor svm';
  if (!facts.kvmOpens()) return '/dev/kvm does not open for writing';
  return null;
}

/** The facts of this machine, from /proc/cpuinfo and /dev/kvm. */
export function hostAcceleratorFacts(): AcceleratorFacts {
  const flags = /^flags\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
  return { cpuFlags: new Set(flags.split(/\s+/)), kvmOpens };
}

function kvmOpens(): boolean {
  try {
    accessSync('/dev/kvm', constants.W_OK);
    closeSync(openSync('/dev/kvm', 'r+'));
    return true;
  } catch {
    return false;
  }
}
