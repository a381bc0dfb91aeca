import { InvalidArgumentError, Option } from 'commander';
import type { KeepChoice } from './keep.ts';
import { parseShard, type Shard } from '../run/shard.ts';
import { ARCH_NAMES, type ArchName } from '../model/kernel.ts';
import { ACCELERATOR_CHOICES, type AcceleratorChoice } from '../vm/accelerator.ts';
import type { ReporterFlags } from './reporter-options.ts';

/** Options of `run` as commander returns them. */
export interface RunOptions extends ReporterFlags {
  readonly kernel: readonly string[];
  readonly arch: readonly ArchName[];
  readonly variant: Readonly<Record<string, readonly string[]>>;
  readonly grep?: string;
  readonly jobs?: number;
  readonly accel: AcceleratorChoice;
  readonly out?: string;
  readonly maxFailures?: number;
  readonly retries: number;
  readonly lastFailed?: boolean;
  readonly watch?: boolean;
  readonly keep?: KeepChoice;
  readonly dryRun?: boolean;
  readonly list?: boolean;
  readonly coverage?: boolean;
  readonly shard?: Shard;
  readonly verdictLater?: boolean;
  readonly gitBisect?: boolean;
  readonly locked?: boolean;
  readonly setup?: boolean;
}

/** `--kernel`, repeatable, of a command that takes several. */
export function kernelOption(): Option {
  const specs =
    '6.12, 6.12/arm64, debian:SUITE/SERIES[/FLAVOUR][/ARCH], path:FILE-OR-DIR, tree:DIR[+VARIANT], deb:FILES, rpm:FILES, or all (repeatable)';
  return new Option('--kernel <spec>', specs).argParser(collect).default([]);
}

/** `--arch`, repeatable. */
export function archOption(
  about = 'the architecture of kernels that name none (repeatable; default: amd64)',
): Option {
  return new Option('--arch <arch>', about)
    .choices(ARCH_NAMES)
    .argParser<readonly ArchName[]>((text, before) => [...before, knownArch(text)])
    .default([]);
}

function knownArch(text: string): ArchName {
  const arch = ARCH_NAMES.find(name => name === text);
  if (arch !== undefined) return arch;
  throw new InvalidArgumentError(`'${text}' must be one of ${ARCH_NAMES.join(', ')}.`);
}

/** `--jobs`: how many of `what` run at once. */
export function jobsOption(what: string): Option {
  const most = `${what} at once (default: the project's, or one per core and one more for each eight)`;
  return new Option('--jobs <n>', most).argParser(positiveInteger);
}

/** `--accel`. */
export function acceleratorOption(): Option {
  return new Option('--accel <which>', 'what runs the guests').choices(ACCELERATOR_CHOICES).default('auto');
}

/** `--locked`. */
export function lockedOption(): Option {
  return new Option('--locked', 'only the kernel packages of images/kernels.lock.yaml');
}

/** For repeatable options. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** `k=v`, or several with commas as an id has them; repeatable: values of one axis add up. */
export function collectVariant(
  text: string,
  before: Readonly<Record<string, readonly string[]>>,
): Record<string, readonly string[]> {
  const several = text.split(/,(?=[\w-]+=)/);
  if (several.length > 1)
    return several.reduce<Record<string, readonly string[]>>((all, one) => collectVariant(one, all), before);
  const [axis, value, ...rest] = text.split('=');
  if (!axis || value === undefined || rest.length > 0) {
    throw new InvalidArgumentError(`'${text}' must be AXIS=VALUE, such as mode=generic.`);
  }
  return { ...before, [axis]: [...(before[axis] ?? []), value] };
}

/** `2/3`. */
export function shardOption(text: string): Shard {
  const shard = parseShard(text);
  if (shard === null) throw new InvalidArgumentError(`'${text}' must be a part of a whole, such as 1/3.`);
  return shard;
}

/** A whole number from 1. */
export function positiveInteger(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError(`'${text}' must be a whole number from 1.`);
  return Number(text);
}

/** A whole number from 0. */
export function wholeNumber(text: string): number {
  if (!/^(?:0|[1-9]\d{0,5})$/.test(text))
    throw new InvalidArgumentError(`'${text}' must be a whole number from 0.`);
  return Number(text);
}

/** MiB of a guest, within what scenarios may ask for. */
export function memoryOption(text: string): number {
  const value = positiveInteger(text);
  if (value < 128 || value > 65_536)
    throw new InvalidArgumentError(`'${text}' must be from 128 to 65536 MiB.`);
  return value;
}

/** A percentage from 0, with or without its sign: `10%`, `2.5`. */
export function percent(text: string): number {
  if (!/^\d{1,6}(?:\.\d{1,3})?%?$/.test(text))
    throw new InvalidArgumentError(`'${text}' must be a percentage from 0, such as 10%.`);
  return Number(text.replace('%', ''));
}

/** The name of a module of the kernel, repeatable. */
export function collectModule(text: string, before: readonly string[]): string[] {
  if (!/^[\w-]{1,64}$/.test(text))
    throw new InvalidArgumentError(`'${text}' must be a module's name, such as nf_flow_table.`);
  return [...before, text];
}
