import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheEntry } from '../damage.ts';
import type { Fault, Injection, RedVerdict } from '../fault.ts';
import type { Place } from '../place.ts';
import { asText, run, TRAFFIC } from '../scenarios.ts';

/** A kernel in whose image one text is another of the same length: a tracepoint or a type of another name. */
function renamed(
  name: string,
  injected: string,
  from: string,
  to: string,
  verdict: readonly RedVerdict[],
  words: readonly RegExp[],
): Fault {
  return {
    name: `observer/${name}`,
    injected,
    verdict,
    exit: verdict.includes('fail') ? [1, 3] : [3],
    seconds: 60,
    words,
    inject: async place => {
      await place.without('templates');
      const folder = cacheEntry(place.cache, 'kernels');
      const image = readFileSync(join(folder, 'vmlinux'));
      replaceAll(image, from, to);
      return { argv: run(place, TRAFFIC, '--kernel', `path:${withModules(place, folder, image)}`) };
    },
  };
}

/** A folder with a kernel of its own and the modules of the cached one. */
function withModules(place: Place, folder: string, image: Buffer): string {
  const path = join(place.dir, 'kernel');
  mkdirSync(path);
  symlinkSync(join(folder, 'lib'), join(path, 'lib'));
  place.write(join('kernel', 'vmlinux'), image);
  return path;
}

function replaceAll(image: Buffer, from: string, to: string): void {
  const found = Buffer.from(`${from}\0`);
  let count = 0;
  for (let at = image.indexOf(found); at >= 0; at = image.indexOf(found, at + 1), count += 1)
    image.write(to, at);
  if (count === 0 || from.length !== to.length) throw new Error(`the kernel has no text ${from}`);
}

const kernels: readonly Fault[] = [
  renamed(
    'tracepoint-missing',
    'the kernel has no tracepoint xdp_cpumap_enqueue',
    'xdp_cpumap_enqueue',
    'xdp_cpumap_enqueuX',
    ['error', 'infra', 'fail'],
    [/xdp_cpumap_enqueue/],
  ),
  renamed(
    'tracepoint-layout',
    'field `drops` of the tracepoints of xdp has another name',
    'drops',
    'dropz',
    ['error', 'infra', 'fail'],
    [/drops|witness|observer|layout|field/],
  ),
  renamed(
    'btf-type-missing',
    'the type information does not have btf_trace_xdp_cpumap_kthread',
    'btf_trace_xdp_cpumap_kthread',
    'btf_trace_xdp_cpumap_kthreaX',
    ['error', 'infra', 'fail'],
    [/xdp_cpumap_kthread|BTF/],
  ),
  {
    name: 'observer/btf-missing',
    injected: 'the type information of the kernel is not readable: its magic number is wrong',
    verdict: ['error', 'infra', 'fail', 'hang', 'panic'],
    exit: [1, 3],
    seconds: 140,
    words: [/BTF|type information|vmlinux|observer/],
    inject: async place => {
      await place.without('templates');
      const folder = cacheEntry(place.cache, 'kernels');
      const image = readFileSync(join(folder, 'vmlinux'));
      // include/uapi/linux/btf.h: the magic number 0xeb9f, version 1, flags 0, and 24 bytes of header.
      const magic = Buffer.from([0x9f, 0xeb, 1, 0, 24, 0, 0, 0]);
      for (let at = image.indexOf(magic); at >= 0; at = image.indexOf(magic, at + 1))
        image.writeUInt16LE(0, at);
      return { argv: run(place, TRAFFIC, '--kernel', `path:${withModules(place, folder, image)}`) };
    },
  },
];

/** The kernel's folder lacks a module. */
function moduleMissing(module: string, sample = false): Fault {
  return {
    name: `observer/module-${module}-missing`,
    injected: `the kernel has no module ${module}`,
    verdict: ['infra', 'error'],
    exit: [3],
    seconds: 60,
    words: [new RegExp(module), /lacks|missing|damaged|no module/],
    sample,
    inject: async place => {
      await place.without('templates', 'initramfs');
      const folder = cacheEntry(place.cache, 'kernels');
      const lib = join(place.dir, 'kernel', 'lib', 'modules');
      mkdirSync(lib, { recursive: true });
      const [release = ''] = readdirSync(join(folder, 'lib', 'modules'));
      await execa('cp', ['-a', join(folder, 'lib', 'modules', release), lib]);
      for (const name of readdirSync(join(lib, release), { recursive: true, encoding: 'utf8' }))
        if (name.includes(`/${module}.ko`)) await rm(join(lib, release, name));
      // depmod would leave it out.
      const dep = join(lib, release, 'modules.dep');
      const text = readFileSync(dep, 'utf8')
        .split('\n')
        .filter(line => !line.includes(`/${module}.ko`))
        .join('\n');
      place.write(join('kernel', 'lib', 'modules', release, 'modules.dep'), text);
      place.write(join('kernel', 'vmlinux'), readFileSync(join(folder, 'vmlinux')));
      return { argv: run(place, TRAFFIC, '--kernel', `path:${join(place.dir, 'kernel')}`) };
    },
  };
}

/** Traffic through a cpumap, and a command before or after it. */
function withTraffic(place: Place, { before = '', after = '', background = '' }): Injection {
  const step = (command: string, more = ''): string =>
    command === ''
      ? ''
      : `  - { exec: { argv: [busybox, sh, -c, ${JSON.stringify(asText(command))}] }${more} }\n`;
  const text = readFileSync(TRAFFIC, 'utf8').replace(
    '  - frames: { count: 1000 }\n',
    // A function, since a dollar sign in a string would be one of `replace`.
    frames => `${step(before)}${step(background, ', background: true')}${frames}${step(after)}`,
  );
  return { argv: run(place, place.write('traffic.yaml', text)) };
}

/** The instance of the witness. */
const TRACING = '/sys/kernel/tracing/instances/bpfrig';

function traffic(
  name: string,
  injected: string,
  verdict: readonly RedVerdict[],
  words: readonly RegExp[],
  commands: { before?: string; after?: string; background?: string },
  sample = false,
): Fault {
  return {
    name: `observer/${name}`,
    injected,
    verdict,
    exit: verdict.includes('fail') ? (verdict.length === 1 ? [1] : [1, 3]) : [3],
    seconds: 40,
    words,
    sample,
    inject: place => withTraffic(place, commands),
  };
}

const inTraffic: readonly Fault[] = [
  traffic(
    'witness-off',
    'the tracepoints of xdp are switched off in tracefs, so the witness counts nothing',
    ['error', 'infra'],
    [/witness/],
    {
      before: `for t in ${TRACING}/events/xdp/*/trigger; do grep hist $t | sed 's/ \\[.*//; s/^/!/' > /tmp/t; [ -s /tmp/t ] && cat /tmp/t > $t; done; true`,
    },
  ),
  traffic(
    'tracing-paused',
    'the triggers of the witness are paused',
    ['error', 'infra'],
    [/witness/],
    {
      before: `for t in ${TRACING}/events/xdp/*/trigger; do grep ^hist $t | sed 's/ \\[.*//; s/$/:pause/' > /tmp/t; [ -s /tmp/t ] && cat /tmp/t > $t; done; true`,
    },
    true,
  ),
  traffic(
    'device-down',
    'the sending device is down',
    ['fail'],
    [/sent|0 of 1000|ENETDOWN|down/],
    { before: 'ip link set tx down' },
    true,
  ),
  traffic('receiver-down', 'the receiving device is down', ['fail'], [/./], {
    before: 'ip link set rx down',
  }),
  traffic('device-gone', 'the receiving device is deleted before the traffic', ['fail'], [/./], {
    before: 'ip link del rx',
  }),
  traffic('program-detached', 'somebody detaches the program before the traffic', ['fail'], [/./], {
    // By its path: the shell's own `ip` does not know XDP.
    before: '/usr/sbin/ip link set dev rx xdp off',
  }),
  traffic('packets-dropped', 'tc drops what arrives', ['fail'], [/./], {
    before: 'tc qdisc add dev tx root tbf rate 8kbit burst 200 latency 1ms || ip link set tx txqueuelen 1',
  }),
  traffic('foreign-packets', 'somebody else sends on the same wire', ['fail', 'error'], [/./], {
    before:
      'ip addr add 198.18.9.1/24 dev tx; ip neigh add 198.18.9.2 lladdr 02:00:00:00:00:01 dev tx; ping -c 3 -W 1 198.18.9.2; true',
  }),
];

/** pktgen of the newest kernel stops when told so. */
const pktgenStops: Fault = {
  name: 'observer/pktgen-stops-early',
  injected: 'pktgen is stopped while it sends',
  verdict: ['fail', 'error'],
  exit: [1, 3],
  seconds: 60,
  words: [/sent|pktgen/],
  sample: true,
  inject: place => {
    const text = readFileSync(TRAFFIC, 'utf8')
      .replace('frames: { count: 1000 }', 'pktgen: { on: tx, count: 200000 }')
      .replace(
        'traffic:\n',
        'traffic:\n  - { exec: { argv: [busybox, sh, -c, "usleep 400000; echo stop > /proc/net/pktgen/pgctrl"] }, background: true }\n',
      )
      .replaceAll('1000', '200000');
    return { argv: run(place, place.write('pktgen.yaml', text)) };
  },
};

/** What observes, and what it observes. */
export const OBSERVER_FAULTS: readonly Fault[] = [
  ...kernels,
  moduleMissing('veth', true),
  moduleMissing('pktgen'),
  ...inTraffic,
  pktgenStops,
];
