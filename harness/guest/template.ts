import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { probesOf, type ProbeAnswer, type Probes } from '../kernel/probes.ts';
import { cachedFolder } from '../util/cache.ts';
import { orDispose } from '../util/dispose.ts';
import { hashKey } from '../util/hash.ts';
import { makeWorkspace } from '../util/workspace.ts';
import { cloneVm } from '../vm/running-vm.ts';
import type { GuestSpec } from '../vm/spec.ts';
import type { AgentRequest } from './agent-client.ts';
import type { GuestKeys } from './keys.ts';
import { bootGuest, connectGuest, type RunningGuest, type StartOptions } from './running-guest.ts';
import { makeTopology, type Wiring } from './topology.ts';

/** A guest that is ready for a cell. */
export interface Ready {
  readonly probes: Probes;
  /** Where the kernel's log stood then. */
  readonly logStart: number;
}

/** A booted guest that is kept as two files: its RAM and the state of its devices. */
export interface Template {
  readonly dir: string;
  readonly spec: GuestSpec;
  readonly keys: GuestKeys;
  readonly ready: Ready;
}

/** Raise it when what is done to a guest before it is saved changes. */
const LAYOUT = 7;

/** How long a guest is left alone before it is saved: RCU, workqueues and the ended ssh session come to rest meanwhile. */
const SETTLE_MS = 300;

/** What makes two templates the same; `initrdKey` stands for the initramfs's content, `imageKey` for the kernel's. */
export interface TemplateIdentity {
  readonly spec: GuestSpec;
  readonly imageKey: string;
  readonly initrdKey: string;
  readonly qemu: string;
}

/** Key of a template in the cache. */
export function templateKey({ spec, imageKey, initrdKey, qemu }: TemplateIdentity): string {
  // CPUs that take turns and CPUs that do not are the same devices.
  const { image: _, initrd: __, parallel: ___, ...shape } = spec;
  return hashKey([LAYOUT, shape, imageKey, initrdKey, qemu]);
}

/** Takes a template from the cache, or boots a guest and saves it. Throws as `bootGuest` does. */
export async function takeTemplate(
  identity: TemplateIdentity,
  cacheDir: string,
  options: Pick<StartOptions, 'limits' | 'signal'>,
): Promise<Template> {
  const path = join(cacheDir, 'templates', templateKey(identity));
  if (existsSync(path) && !isWhole(path, identity.spec)) await rm(path, { recursive: true, force: true });
  const dir = await cachedFolder(path, temp => makeTemplate(identity.spec, temp, options));
  const kept = JSON.parse(await readFile(join(dir, 'template.json'), 'utf8')) as KeptTemplate;
  const keys = { ...kept.keys, hostKey: Buffer.from(kept.keys.hostKey, 'base64') };
  return { dir, spec: { ...identity.spec, initrd: join(dir, 'initramfs') }, keys, ready: kept.ready };
}

/** Throws a template away that turned out to be of no use: the next `takeTemplate` makes it anew. */
export async function dropTemplate(template: Template): Promise<void> {
  await rm(template.dir, { recursive: true, force: true });
}

/** Starts a copy of a template and connects to its agent. Throws as `cloneVm` and `connectGuest` do. */
export async function cloneGuest(template: Template, options: StartOptions): Promise<RunningGuest> {
  const saved = { ram: join(template.dir, 'ram'), state: join(template.dir, 'state') };
  const vm = await cloneVm(template.spec, saved, options);
  options.onEnd?.('clone');
  const guest = await connectGuest(vm, template.keys, options.limits);
  guest.logStart = template.ready.logStart;
  return await orDispose(guest, async () => {
    await guest.call(renewal());
    return guest;
  });
}

/** What must not be the same in two clones: the time, the random numbers, the name. Each has its network to itself already. */
function renewal(): AgentRequest {
  const entropy = randomBytes(64).toString('hex');
  return {
    op: 'renew',
    time_ns: Date.now() * 1_000_000,
    entropy,
    name: `bpfrig-${randomBytes(4).toString('hex')}`,
  };
}

interface KeptTemplate {
  readonly keys: Omit<GuestKeys, 'hostKey'> & { readonly hostKey: string };
  readonly ready: Ready;
}

/** Everything that every cell would do first is done once here. */
async function makeTemplate(
  spec: GuestSpec,
  dir: string,
  options: Pick<StartOptions, 'limits' | 'signal'>,
): Promise<void> {
  const ram = { kind: 'shared', path: join(dir, 'ram') } as const;
  // QMP's socket is in a folder of its own: the cache's path may be too long for one.
  await using workspace = await makeWorkspace();
  const { vm, guest } = await bootGuest(spec, { ...options, dir: workspace.dir }, ram);
  await using _ = guest;
  const ready = await makeReady(guest, spec);
  guest.disconnect();
  await sleep(SETTLE_MS);
  await vm.save(join(dir, 'state'));
  await cp(join(workspace.dir, 'initramfs'), join(dir, 'initramfs'));
  const hostKey = guest.keys.hostKey.toString('base64');
  const kept: KeptTemplate = { keys: { ...guest.keys, hostKey }, ready };
  await writeFile(join(dir, 'template.json'), JSON.stringify(kept), { mode: 0o600 });
}

/** Devices up and quiet, observers attached: a cell then only does what its scenario says. */
export async function makeReady(guest: RunningGuest, wiring: Wiring): Promise<Ready> {
  const probes = probesOf(await guest.call<ProbeAnswer>({ op: 'probes' }));
  await makeTopology(guest, wiring);
  await guest.call({ op: 'observers_start' });
  if (wiring.ends.includes('rx')) await guest.call({ op: 'stack_start', dev: 'rx' });
  await guest.call({ op: 'keep' });
  const { seq } = await guest.call<{ seq: number }>({ op: 'kmsg' });
  guest.logStart = seq;
  return { probes, logStart: seq };
}

/** A template that was cut off in the making is never seen (it is renamed when whole); one that was tampered with is not used. */
function isWhole(dir: string, spec: GuestSpec): boolean {
  const size = (name: string): number => (existsSync(join(dir, name)) ? statSync(join(dir, name)).size : -1);
  return size('ram') === spec.memoryMiB * 1024 * 1024 && size('state') > 0 && size('template.json') > 0;
}
