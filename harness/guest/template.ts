import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cachedFolder, discardEntry, ensureIntact } from '../util/cache.ts';
import { hashKey } from '../util/hash.ts';
import { makeWorkspace } from '../util/workspace.ts';
import { commandLine, devices, machinePaths } from '../vm/devices.ts';
import type { GuestSpec } from '../vm/spec.ts';
import { cloneVm } from '../vm/start.ts';
import type { Preparation } from './make-ready.ts';
import { bootReady } from './ready-guest.ts';
import type { OpArgs } from './protocol.ts';
import { connectGuest, type Ready, type RunningGuest, type StartOptions } from './running-guest.ts';
import type { Wiring } from './topology.ts';

/** A booted guest that is kept as two files: its RAM and the state of its devices. */
export interface Template {
  readonly dir: string;
  readonly spec: GuestSpec;
  readonly ready: Ready;
}

/** Names of a template's files. */
const FILES = { ram: 'ram', state: 'state', ready: 'template.json' } as const;

/** To be raised when `makeReady`, or what is done after it, changes in a way that is not in the key by itself. */
const LAYOUT = 11;

/** How long a guest is left alone before it is saved: the ended session, RCU and workqueues come to rest meanwhile. */
const SETTLE_MS = 300;

/** What makes two templates the same; `initrdKey` stands for the initramfs's content, `imageKey` for the kernel's. */
export interface TemplateIdentity {
  readonly spec: GuestSpec;
  readonly imageKey: string;
  readonly initrdKey: string;
  readonly qemu: string;
  /** What is done to the guest before it is saved. */
  readonly preparation: Preparation;
}

/** Key of a template in the cache: of the machine with everything in it, and of what is done there. Where files lie is not in it. */
export function templateKey({ spec, imageKey, initrdKey, qemu, preparation }: TemplateIdentity): string {
  const { arch, topology, ends, queues, cpus } = spec;
  // CPUs that take turns and CPUs that do not are the same devices.
  const placeless = { ...spec, image: '', initrd: '', parallel: false };
  const machine = commandLine(
    placeless,
    devices(placeless, { kind: 'shared', path: 'ram' }, machinePaths('')),
  );
  const wiring: Wiring = { arch, topology, ends, queues, cpus };
  return hashKey([LAYOUT, machine, wiring, imageKey, initrdKey, qemu, preparation]);
}

/** Takes a template from the cache, or boots a guest and saves it. Throws as `bootGuest` does. */
export async function takeTemplate(
  identity: TemplateIdentity,
  cacheDir: string,
  options: Pick<StartOptions, 'limits' | 'signal'>,
): Promise<Template> {
  const path = join(cacheDir, 'templates', templateKey(identity));
  const make = (temp: string): Promise<void> => makeTemplate(identity, temp, options);
  const dir = await cachedFolder(path, make, { signal: options.signal });
  return { dir, spec: identity.spec, ready: await readyOf(dir) };
}

async function readyOf(dir: string): Promise<Ready> {
  return JSON.parse(await readFile(join(dir, FILES.ready), 'utf8')) as Ready;
}

/** Removes a template that turned out to be of no use: the next `takeTemplate` makes it anew. */
export async function dropTemplate(template: Template): Promise<void> {
  await discardEntry(template.dir);
}

/** Starts a copy of a template and connects to its agent. Throws as `cloneVm` and `connectGuest` do. */
export async function cloneGuest(template: Template, options: StartOptions): Promise<RunningGuest> {
  const { dir, spec } = template;
  const saved = { ram: join(dir, FILES.ram), state: join(dir, FILES.state) };
  await ensureIntact([spec.image, spec.initrd, ...Object.values(FILES).map(name => join(dir, name))]);
  const vm = await cloneVm(spec, saved, options);
  options.onEnd?.('clone');
  const guest = await connectGuest(vm, options.limits, renewal());
  // Not `template.ready`: a template that was damaged meanwhile has been made anew.
  guest.ready = await readyOf(dir);
  return guest;
}

/** What must not be the same in two clones: the time, the random numbers, the name. Each has its network to itself already. */
function renewal(): OpArgs<'renew'> {
  return {
    time_ns: Date.now() * 1_000_000,
    entropy: randomBytes(64).toString('hex'),
    name: `bpfrig-${randomBytes(4).toString('hex')}`,
  };
}

/** Everything that every cell would do first is done once here. The agent has no client when the guest is saved. */
async function makeTemplate(
  { spec, preparation }: TemplateIdentity,
  dir: string,
  options: Pick<StartOptions, 'limits' | 'signal'>,
): Promise<void> {
  const ram = { kind: 'shared', path: join(dir, FILES.ram) } as const;
  await ensureIntact([spec.image, spec.initrd]);
  // The sockets are in a folder of their own: the cache's path may be too long for one.
  await using workspace = await makeWorkspace();
  const { vm, guest } = await bootReady(spec, preparation, { ...options, dir: workspace.dir }, ram);
  await using _ = guest;
  guest.disconnect();
  await sleep(SETTLE_MS);
  await vm.save(join(dir, FILES.state));
  await writeFile(join(dir, FILES.ready), JSON.stringify(guest.ready));
}
