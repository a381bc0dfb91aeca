import type { FeatureName } from '../kernel/features.ts';
import { sectionRequires } from '../object/attach-sections.ts';
import type { BpfObject, BpfProgram } from '../object/object.ts';
import type { PlainStep, ResolvedVariant, Step } from '../scenario/scenario.ts';
import { BpfrigError } from '../util/errors.ts';
import type { ProgramIndex } from './programs.ts';

type Steps = Pick<ResolvedVariant, 'setup' | 'traffic' | 'after'>;

/** The features that a variant needs, those that it states and those that its guest and its steps imply: known before anything is compiled. */
export function statedFeatures(
  variant: Steps & Pick<ResolvedVariant, 'requires' | 'guest' | 'topology'>,
): readonly FeatureName[] {
  const { requires, guest, topology } = variant;
  const steps = plainSteps(variant);
  const ofGuest: FeatureName[] = (guest.additions?.numa ?? 1) > 1 ? ['numa'] : [];
  // Where both ends are in one guest, rules keep what one sends to the other from going by `lo`.
  const talks = topology !== 'link' && steps.some(({ kind }) => kind === 'tcp' || kind === 'ping');
  const ofTraffic: FeatureName[] = talks ? ['policy-routing'] : [];
  return [...new Set([...requires, ...ofGuest, ...ofTraffic, ...steps.flatMap(ofStep)])];
}

/** The file by which a CPU goes offline, and comes back. */
const CPU_ONLINE = /^\/sys\/devices\/system\/cpu\/cpu\d+\/online$/;

function ofStep(step: PlainStep): FeatureName[] {
  if (step.kind === 'cpu' || (step.kind === 'write' && CPU_ONLINE.test(step.args.path)))
    return ['cpu-hotplug'];
  if (step.kind === 'xsk') return ['af-xdp'];
  if (step.kind === 'attach' && step.args.cgroup !== undefined) return ['cgroup-bpf'];
  if (step.kind === 'load' && 'program' in step.args && step.args.type === 'ext') return ['bpf-jit', 'btf'];
  if (step.kind !== 'update' || step.args.socket === undefined) return [];
  return [typeof step.args.socket === 'string' ? 'sockmap' : 'af-xdp'];
}

/** The same with what its programs are: those that its steps name, and all of the objects that these load. */
export function neededFeatures(
  variant: Steps & Pick<ResolvedVariant, 'requires' | 'guest' | 'topology'>,
  index: ProgramIndex,
): readonly FeatureName[] {
  const used = plainSteps(variant).flatMap(step => usedBy(step, index));
  const ofSections = used.flatMap(({ programs }) =>
    programs.flatMap(({ section }) => sectionRequires(section)),
  );
  const ofObjects: FeatureName[] = used.some(({ contents }) => contents.kernelTypes !== null) ? ['btf'] : [];
  return [...new Set([...statedFeatures(variant), ...ofSections, ...ofObjects])];
}

interface Used {
  readonly contents: BpfObject;
  readonly programs: readonly BpfProgram[];
}

function usedBy(step: PlainStep, index: ProgramIndex): Used[] {
  if (step.kind === 'load' && 'object' in step.args) {
    const { object, programs } = step.args;
    const found = index.own.find(({ name }) => name === object);
    if (found === undefined) return [];
    const { contents } = found;
    const chosen = contents.programs.filter(one => programs?.includes(one.name) ?? one.autoload);
    return [{ contents, programs: chosen }];
  }
  // A program that is loaded as another type than its section's is what the step makes it.
  const retyped = step.kind === 'load' && 'type' in step.args && step.args.type !== undefined;
  return programNames(step.args).flatMap(name => {
    const found = programOf(name, index);
    return found === null ? [] : [retyped ? { ...found, programs: [] } : found];
  });
}

/** A name that a step gave itself is no program's: the step that loads it has that. */
function programOf(name: string, index: ProgramIndex): Used | null {
  try {
    const { object, program } = index.find(name);
    return { contents: object.contents, programs: [program] };
  } catch (error) {
    if (error instanceof BpfrigError) return null;
    throw error;
  }
}

/** Values of all keys `program` in a step's arguments, however deep. */
function programNames(args: unknown): string[] {
  if (typeof args !== 'object' || args === null) return [];
  return Object.entries(args).flatMap(([key, value]) =>
    key === 'program' && typeof value === 'string' ? [value] : programNames(value),
  );
}

function plainSteps({ setup, traffic, after }: Steps): PlainStep[] {
  return [...setup, ...traffic, ...after].flatMap((step: Step): readonly PlainStep[] =>
    step.kind === 'repeat' ? step.args.steps : [step],
  );
}
