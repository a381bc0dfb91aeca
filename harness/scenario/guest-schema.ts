import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import {
  moduleName,
  GUEST_HOME,
  NO_ADDITIONS,
  type GuestAdditions,
  type GuestFile,
} from '../model/guest-additions.ts';
import { didYouMean } from '../util/nearest.ts';
import { BOUNDS, grouped } from './bounds.ts';
import {
  deviceCommands,
  deviceModules,
  deviceNames,
  deviceProblems,
  devicesSchema,
  netnsCommands,
  netnsSchema,
  trafficDeviceOf,
} from './guest-devices.ts';
import type { Path } from './places.ts';
import type { GuestSize, ScenarioObject } from './scenario.ts';
import type { Wrap } from './step-words.ts';
import type { Topology } from '../model/topology.ts';

/** CPUs, memory and queues of a guest whose scenario does not state them. */
const DEFAULTS = { cpus: 4, memory_mib: 512, queues: 1 } as const;

/** `guest`: the size of a scenario's guests, and what is in the one under test in addition to what every guest has. */
export function guestSchema(wrap: Wrap, when: z.ZodType<Record<string, string | string[]>>) {
  return guestObject(wrap, when)
    .prefault({})
    .describe('the size of the guests, and what the one under test has besides what every guest has');
}

/** What `guest` may have, for what takes only some of it. */
export function guestObject(wrap: Wrap, when: z.ZodType<Record<string, string | string[]>>) {
  // As `requires` has them: an item, or a mapping that also says in which variants.
  const list = <T extends z.ZodType>(item: T) =>
    z
      .array(
        z.union([
          wrap(item),
          z.strictObject({
            use: wrap(item).describe('the item, where only some variants have it'),
            when: when.optional(),
          }),
        ]),
      )
      .max(BOUNDS.guestItems)
      .default([]);
  const hostPath = z.string().min(1).max(4096);
  const guestPath = z
    .string()
    .max(1024)
    .refine(path => path.startsWith('/') && !/(?:^|\/)\.\.?(?:\/|$)/.test(path) && path !== '/', {
      error: 'must be an absolute path in the guest, without . and ..',
    });
  return z.strictObject({
    // No more than BPFRIG_CPUS, bpf/bpfrig.h.
    cpus: wrap(z.int().min(1).max(64)).default(DEFAULTS.cpus).describe('online CPUs'),
    memory_mib: wrap(z.int().min(128).max(65_536))
      .default(DEFAULTS.memory_mib)
      .describe('MiB of RAM; files and programs are in it'),
    queues: wrap(z.int().min(1).max(16))
      .default(DEFAULTS.queues)
      .describe('of each device; more than one: veth'),
    append: z
      .union([wrap(words), list(words)])
      .default([])
      .describe("words for the kernel's command line: threadirqs, isolcpus=1"),
    modules: list(z.union([z.string().max(1024).regex(MODULE), z.int().transform(String)])).describe(
      "modules of the kernel's package, loaded with what they depend on, perhaps with parameters: bonding max_bonds=0",
    ),
    programs: list(hostPath).describe(
      'programs of the host, with their shared libraries: a name, the name of an installed Debian package, or a path',
    ),
    files: z
      .array(
        z.union([
          wrap(hostPath),
          z.strictObject({
            from: wrap(hostPath).describe('on the host'),
            to: wrap(guestPath).describe('in the guest'),
            when: when.optional(),
          }),
          z.strictObject({
            object: wrap(z.string()).describe('an object of the scenario'),
            to: wrap(guestPath).describe('in the guest'),
            when: when.optional(),
          }),
        ]),
      )
      .max(BOUNDS.guestItems)
      .default([])
      .describe(
        `files and folders, relative to the scenario, and compiled objects by their names; without \`to\` they go into ${GUEST_HOME}`,
      ),
    sysctls: z
      .record(
        z.string().regex(/^[\w-]+(?:[./][\w.:/-]+)+$/),
        wrap(z.union([z.string().max(1024), z.int(), z.boolean().transform(Number)]).transform(String)),
      )
      .default({})
      .describe('values of /proc/sys, by the names that sysctl(8) takes'),
    netns: netnsSchema(wrap),
    devices: devicesSchema(wrap, when),
    numa: wrap(z.int().min(1).max(8)).default(1).describe('NUMA nodes that share CPUs and memory evenly'),
  });
}

/** A module, and parameters as insmod(8) takes them. */
const MODULE = /^[\w-]{1,64}(?: [\w-]+=\S*)*$/;

/** Printable characters of ASCII: what the kernel's command line may have. */
const words = z
  .string()
  .max(BOUNDS.appendWords, { error: `longer than ${grouped(BOUNDS.appendWords)} characters` })
  .refine(text => /^[\x20-\x7e]*$/.test(text), {
    error: 'the command line of a kernel has printable ASCII characters only',
  });

type GuestDocument = z.infer<ReturnType<typeof guestSchema>>;

/** Calls for something that is wrong: its path within `guest`, and a text. */
type Report = (path: Path, text: string) => void;

/** The parts of a scenario that its guest depends on. */
interface Context {
  /** The scenario's own. */
  readonly path: string;
  readonly topology: Topology;
  readonly objects: readonly ScenarioObject[];
}

/** A guest as the run uses it; `report` is called for whatever contradicts the rest. */
export function guestOf(
  document: GuestDocument,
  { path: scenarioPath, topology, objects }: Context,
  report: Report,
): GuestSize {
  const { cpus, memory_mib: memoryMiB, queues } = document;
  const size = { cpus, memoryMiB, queues };
  for (const { path, text } of unknownObjects(document, objects)) report(path, text);
  const additions = additionsOf(document, dirname(scenarioPath), objects);
  for (const { path, text } of problemsOf(document, additions, topology)) report(path, text);
  const plain = JSON.stringify(additions) === JSON.stringify(NO_ADDITIONS);
  return plain ? size : { ...size, additions };
}

function additionsOf(
  document: GuestDocument,
  dir: string,
  objects: readonly ScenarioObject[],
): GuestAdditions {
  const { append, modules, programs, files, sysctls, netns, devices, numa } = document;
  return {
    append: [append]
      .flat()
      .map(used)
      .flatMap(text => text.split(/ +/))
      .filter(word => word !== ''),
    modules: firstOfEach([...modules.map(used).map(String), ...deviceModules(devices)]),
    programs: programs
      .map(used)
      .map(name => ({ name, path: name.includes('/') ? resolve(dir, name) : null })),
    files: files.map(file => guestFile(file, dir, objects)),
    sysctls,
    devices: [...netns.map(netnsCommands), ...devices.map(deviceCommands)],
    numa,
  };
}

/** Each module once: as it stands first with parameters, or as it stands first. So `modules: [bonding]` makes no device of its own next to `devices`. */
function firstOfEach(modules: readonly string[]): string[] {
  const found = new Map<string, string>();
  for (const module of modules) {
    const name = moduleName(module);
    const before = found.get(name);
    if (before === undefined || (before === name && module !== name)) found.set(name, module);
  }
  return [...found.values()];
}

function used<T>(item: T | { readonly use: T }): T {
  return typeof item === 'object' && item !== null && 'use' in item ? item.use : item;
}

function guestFile(
  file: GuestDocument['files'][number],
  dir: string,
  objects: readonly ScenarioObject[],
): GuestFile {
  if (typeof file === 'string')
    return { written: file, from: resolve(dir, file), to: `${GUEST_HOME}/${basename(file)}` };
  const to = file.to.replace(/\/+$/, '');
  if ('from' in file) return { written: file.from, from: resolve(dir, file.from), to };
  const object = objects.find(({ name }) => name === file.object);
  const { path = '', cflags = [], dir: folder = dir } = object ?? {};
  return { written: file.object, from: path, to, compile: { cflags, dir: folder } };
}

function unknownObjects(
  { files }: GuestDocument,
  objects: readonly ScenarioObject[],
): { readonly path: Path; readonly text: string }[] {
  const names = objects.map(({ name }) => name);
  return files.flatMap((file, index) => {
    if (typeof file === 'string' || !('object' in file) || names.includes(file.object)) return [];
    const text = `\`objects\` has no \`${file.object}\`${didYouMean(file.object, names)}`;
    return [{ path: ['files', index, 'object'], text }];
  });
}

/** Words that a guest cannot do without, and what they are for. */
const RESERVED: Readonly<Record<string, string>> = {
  rdinit: 'it starts the first process',
  initrd: 'the guest is in the initramfs',
  console: 'bpfrig reads the console',
  panic: 'a panic must end the guest at once',
  '--': 'what follows would be for the first process',
};

function problemsOf(
  document: GuestDocument,
  { append, files, sysctls }: GuestAdditions,
  topology: Topology,
): { readonly path: Path; readonly text: string }[] {
  const { devices, netns, numa, cpus } = document;
  const reserved = append.flatMap(word => {
    const why = RESERVED[word.split('=')[0] ?? ''];
    return why === undefined ? [] : [{ path: ['append'], text: `\`${word}\` cannot be set: ${why}` }];
  });
  const length = append.join(' ').length;
  const long =
    length > BOUNDS.appendWords
      ? [
          {
            path: ['append'],
            text: `has ${grouped(length)} characters, more than ${grouped(BOUNDS.appendWords)}`,
          },
        ]
      : [];
  const doubled = files
    .filter(({ to }, index) => files.findIndex(other => other.to === to) !== index)
    .map(({ to }) => ({ path: ['files'], text: `two of them go to ${to}: state \`to\`` }));
  const escaping = Object.keys(sysctls)
    .filter(name => name.includes('..') || name.includes('//'))
    .map(name => ({ path: ['sysctls', name], text: `\`${name}\` is not a name of sysctl(8)` }));
  const before: string[] = [];
  const made = devices.flatMap((device, index) => {
    const traffic = topology === 'none' ? trafficDeviceOf(device) : null;
    const texts = deviceProblems(device, before, netns);
    if (traffic !== null)
      texts.push(`there is no device \`${traffic}\`: write \`topology\`, or an axis \`nic\``);
    before.push(...deviceNames(device));
    return texts.map(text => ({ path: ['devices', index], text }));
  });
  const nodes =
    cpus % numa === 0
      ? []
      : [{ path: ['numa'], text: `${cpus} CPUs cannot be divided evenly among ${numa} nodes` }];
  return [...reserved, ...long, ...doubled, ...escaping, ...made, ...nodes];
}
