import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST } from '../../util/manifest.ts';
import { cacheEntry, damage, type Damage } from '../damage.ts';
import type { Fault } from '../fault.ts';
import type { Place } from '../place.ts';
import { run, TRAFFIC, WRONG } from '../scenarios.ts';

/** Which files of a fault's own cache, by what they are. */
interface Target {
  readonly name: string;
  readonly what: string;
  readonly files: (cache: string) => readonly string[];
  readonly damages: readonly Damage[];
  /** Kinds of the cache that are left out, so that the damaged file is read at all. */
  readonly without?: readonly string[];
  readonly sample?: boolean;
}

function template(file: string): (cache: string) => string[] {
  return cache =>
    readdirSync(join(cache, 'templates'))
      .filter(name => !name.startsWith('.') && !name.endsWith('.lock'))
      .map(name => join(cache, 'templates', name, file))
      .filter(existsSync);
}

function moduleFile(cache: string): string[] {
  const modules = join(cacheEntry(cache, 'kernels'), 'lib', 'modules');
  const found = readdirSync(modules, { recursive: true, encoding: 'utf8' }).find(name =>
    /\/virtio_net\.ko/.test(name),
  );
  return found === undefined ? [] : [join(modules, found)];
}

const ALL = ['truncated', 'flipped', 'gone'] as const;

const TARGETS: readonly Target[] = [
  {
    name: 'vmlinux',
    what: "the kernel's image",
    files: cache => [join(cacheEntry(cache, 'kernels'), 'vmlinux')],
    damages: ALL,
    without: ['templates'],
  },
  {
    name: 'kernel-json',
    what: "the kernel's record",
    files: cache => [join(cacheEntry(cache, 'kernels'), 'kernel.json')],
    damages: ['truncated', 'gone'],
  },
  {
    name: 'module',
    what: 'module virtio_net',
    files: moduleFile,
    damages: ['flipped', 'gone'],
    without: ['templates', 'initramfs'],
  },
  {
    name: 'initramfs',
    what: 'the initramfs',
    files: cache => [join(cacheEntry(cache, 'initramfs'), 'initramfs')],
    damages: ALL,
    without: ['templates'],
    sample: true,
  },
  {
    name: 'agent',
    what: "the agent's build",
    files: cache => [agentFile(cache)],
    damages: ALL,
    without: ['templates', 'initramfs'],
  },
  { name: 'template-ram', what: "the template's RAM", files: template('ram'), damages: ALL, sample: true },
  { name: 'template-state', what: "the template's device state", files: template('state'), damages: ALL },
  {
    name: 'template-json',
    what: "the template's record",
    files: template('template.json'),
    damages: [...ALL, 'emptied'],
  },
  {
    name: 'manifest',
    what: "the template's manifest",
    files: template(MANIFEST),
    damages: ['truncated', 'gone'],
  },
];

function agentFile(cache: string): string {
  const folder = cacheEntry(cache, 'build', 'agent-');
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find(name =>
    name.endsWith('bpfrig-agent'),
  );
  return join(folder, found ?? 'bpfrig-agent');
}

async function spoil(place: Place, { files, without }: Target, how: Damage): Promise<void> {
  const cache = await place.without(...(without ?? []));
  const targets = files(cache);
  if (targets.length === 0) throw new Error('nothing to damage in the cache');
  for (const path of targets) await damage(path, how);
}

/** A damaged entry is made anew, which is reported, and the verdict is that of the scenario, whose expectation is wrong. */
const rebuilt: readonly Fault[] = TARGETS.flatMap(target =>
  target.damages.map((how): Fault => ({
    name: `cache/${target.name}-${how}`,
    injected: `in the cache, ${target.what} is ${how}`,
    verdict: ['fail'],
    exit: [1],
    seconds: 60,
    words: [/sent == 1/, /damaged|rebuilt|made anew|does not match|incomplete/],
    sample: target.sample === true && how === 'flipped',
    inject: async place => {
      await spoil(place, target, how);
      return { argv: run(place, WRONG) };
    },
  })),
);

const others: readonly Fault[] = [
  {
    name: 'cache/durations-garbage',
    injected: 'the file of the last durations is garbage',
    verdict: ['fail'],
    exit: [1],
    seconds: 30,
    words: [/sent == 1/],
    inject: async place => {
      const { cache } = place;
      if (existsSync(join(cache, 'durations.json'))) await damage(join(cache, 'durations.json'), 'flipped');
      return { argv: run(place, WRONG) };
    },
  },
  {
    name: 'cache/template-folder-gone-in-mid-run',
    injected: 'all templates are removed while a clone runs; the next cell needs one',
    verdict: ['fail', 'infra'],
    exit: [1, 3],
    seconds: 60,
    words: [/sent == 1|template/],
    inject: async place => {
      const { cache } = place;
      const two = place.write(
        'two.yaml',
        `title: Two cells\nsource: a fixture of the fault suite\ntopology: none\naxes: { which: [a, b] }\ntraffic:\n  - wait: { for: 1000 }\nexpect:\n  - sent == 1\n`,
      );
      return {
        argv: run(place, two),
        during: live => {
          live.onEvent(event => {
            if (event.type === 'cell-start')
              void rm(join(cache, 'templates'), { recursive: true, force: true }).catch(() => undefined);
          });
        },
      };
    },
  },
  {
    name: 'cache/object-flipped',
    injected: "in the cache, the scenario's compiled object is flipped",
    verdict: ['fail'],
    exit: [1],
    seconds: 60,
    words: [/stack\.delivered == 999/, /damaged|rebuilt|made anew|does not match|incomplete/],
    inject: async place => {
      const { cache } = place;
      await spoilObjects(cache, 'flipped');
      return { argv: run(place, wrongTraffic(place)) };
    },
  },
  {
    name: 'cache/object-truncated',
    injected: "in the cache, the scenario's compiled object is truncated",
    verdict: ['fail'],
    exit: [1],
    seconds: 60,
    words: [/stack\.delivered == 999/, /damaged|rebuilt|made anew|does not match|incomplete/],
    inject: async place => {
      const { cache } = place;
      await spoilObjects(cache, 'truncated');
      return { argv: run(place, wrongTraffic(place)) };
    },
  },
];

async function spoilObjects(cache: string, how: Damage): Promise<void> {
  const folder = join(cache, 'build');
  const objects = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name =>
    name.endsWith('.o'),
  );
  for (const name of objects) await damage(join(folder, name), how);
}

/** The scenario with traffic, with an expectation that does not hold. */
function wrongTraffic(place: Place): string {
  return changed(place, TRAFFIC, text => text.replace('stack.delivered == 1000', 'stack.delivered == 999'));
}

function changed(place: Place, path: string, change: (text: string) => string): string {
  return place.write('changed.yaml', change(readFileSync(path, 'utf8')));
}

/** Every file of the cache, damaged: verified before use, made anew, reported. */
export const CACHE_FAULTS: readonly Fault[] = [...rebuilt, ...others];
