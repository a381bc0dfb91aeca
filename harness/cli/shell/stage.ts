import type { Testbed } from '../../guest/testbed.ts';
import { inRange } from '../../kernel/ranges.ts';
import type { GuestAdditions } from '../../model/guest-additions.ts';
import { NO_ADDITIONS } from '../../model/guest-additions.ts';
import type { Kernel } from '../../model/kernel.ts';
import { kernelConfig } from '../../kernel/config.ts';
import { decideFeatures } from '../../oracle/features.ts';
import { inert } from '../../report/text.ts';
import type { GuestShape } from '../../run/guests.ts';
import { planCells, shapeText, type PlannedCell } from '../../run/plan.ts';
import { openProject } from '../../run/project.ts';
import { readScenarios } from '../../run/scenarios.ts';
import { neededFeatures } from '../../run/implied-features.ts';
import { compileVariant, setUp } from '../../run/set-up.ts';
import { StepFailure } from '../../run/steps/context.ts';
import type { GuestSize } from '../../scenario/scenario.ts';
import { BpfrigError } from '../../util/errors.ts';
import { guestOfOptions } from '../guest-options.ts';
import { onProgress } from '../progress.ts';
import type { ShellOptions } from './options.ts';
import { trafficReport } from './traffic.ts';

/** What a set-up leaves. */
export interface StandingStage {
  /** What is there, for people. */
  readonly what: string;
  /** Runs the scenario's traffic, and returns the result, for people; null where there is none to run. */
  readonly traffic: (() => Promise<string>) | null;
}

/** Does the set-up in guests that are up, and returns what is there then. A step that fails is only reported: that is when somebody wants to look around. */
type SetUp = (bed: Testbed) => Promise<StandingStage>;

/** What a shell is opened in. */
export interface ShellStage {
  readonly shape: GuestShape;
  /** Makes the set-up ready for a kernel. Throws `scenario` for a source or a step that is wrong. */
  compile(kernel: Kernel, cacheDir: string): Promise<SetUp>;
}

/** A guest with devices and no scenario. Throws `usage`. */
export function plainStage(options: ShellOptions): ShellStage {
  const { nic = 'virtio', variant } = options;
  if (Object.keys(variant).length > 0)
    throw new BpfrigError('usage', 'shell: --variant is for a scenario: name its file before the options');
  return {
    shape: { topology: nic, guest: guestOfOptions('shell', options, nic) },
    compile: async () => async () => ({
      what: `${nic === 'none' ? 'no devices' : 'devices tx and rx'}, programs in /bpf`,
      traffic: null,
    }),
  };
}

/** The guest of a scenario's variant, with what the options add. Throws as reading a scenario does, and `usage`. */
export async function scenarioStage(
  path: string,
  kernel: string,
  options: ShellOptions,
): Promise<ShellStage> {
  if (options.nic !== undefined)
    throw new BpfrigError(
      'usage',
      'shell: --nic is for a guest without a scenario; the scenario says it, or --variant nic=…',
    );
  const planned = await chosenCell(path, kernel, options);
  const { topology, guest } = planned.variant;
  const shape = { topology, guest: withOptions(guest, options, topology) };
  return {
    shape,
    compile: async (fetched, cacheDir) => {
      tellRange(planned, fetched);
      const prepared = {
        kernel: fetched,
        variant: planned.variant,
        index: await compileVariant(planned.variant, { arch: fetched.arch, cacheDir }),
      };
      return async bed => {
        const { probes } = bed.dut.ready;
        const facts = { probes, config: await kernelConfig(fetched) };
        const decision = decideFeatures(neededFeatures(planned.variant, prepared.index), fetched, facts);
        if (decision.action !== 'run') onProgress(`a run gives ${decision.action} here: ${decision.reason}`);
        const name = `${planned.cell.id} (${shapeText(shape)})`;
        const ctx = await setUp(bed, prepared).catch(tellFailure);
        if (ctx === null) return { what: `${name}, as its set-up left it`, traffic: null };
        return {
          what: `${name}, with its set-up done; \`traffic\` sends what it sends`,
          traffic: () => trafficReport(bed, ctx, prepared),
        };
      };
    },
  };
}

async function chosenCell(path: string, kernel: string, { variant }: ShellOptions): Promise<PlannedCell> {
  const scenarios = await readScenarios([path], openProject([path]));
  const cells = planCells(scenarios, [kernel], { variant, grep: null, only: null });
  const [first, ...others] = cells;
  if (first === undefined) throw new BpfrigError('usage', `shell: ${path} has no such variant`);
  if (others.length > 0)
    onProgress(`the first of ${cells.length} variants, ${first.cell.id}; --variant chooses`);
  return first;
}

/** Larger or with more in it, where the options say so. */
function withOptions(guest: GuestSize, options: ShellOptions, topology: GuestShape['topology']): GuestSize {
  const more = guestOfOptions('shell', options, topology);
  const size = {
    ...guest,
    ...(options.cpus !== undefined && { cpus: more.cpus }),
    ...(options.memory !== undefined && { memoryMiB: more.memoryMiB }),
  };
  if (more.additions === undefined) return size;
  return { ...size, additions: joined(guest.additions ?? NO_ADDITIONS, more.additions) };
}

/** Both; a file of the options replaces one of the scenario in the same place. */
function joined(own: GuestAdditions, more: GuestAdditions): GuestAdditions {
  const places = new Set(more.files.map(({ to }) => to));
  return {
    ...own,
    append: [...own.append, ...more.append],
    modules: [...new Set([...own.modules, ...more.modules])],
    programs: [...own.programs, ...more.programs],
    files: [...own.files.filter(({ to }) => !places.has(to)), ...more.files],
  };
}

function tellRange({ scenario: { kernels } }: PlannedCell, { version }: Kernel): void {
  if (kernels !== null && !inRange(version, kernels.range))
    onProgress(`a run skips it here: only on kernels ${kernels.range}: ${kernels.because}`);
}

/** Prints what kept the set-up from its end. Throws again what is no matter of the steps. */
function tellFailure(error: unknown): null {
  if (!(error instanceof StepFailure)) throw error;
  onProgress(`the set-up ends here: ${error.message}`);
  if (!error.detail) return null;
  for (const line of error.detail.split('\n').slice(-LOG_LINES)) process.stderr.write(`  ${inert(line)}\n`);
  return null;
}

/** How much of a verifier's log is printed: its end says why. */
const LOG_LINES = 20;
