import { z } from 'zod';
import type { GuestDevice } from '../model/guest-additions.ts';
import { didYouMean } from '../util/nearest.ts';
import { DEVICE_NAME, type Wrap } from './step-words.ts';

/** A name of a network namespace: a file below /run/netns. */
const NETNS_NAME = /^[A-Za-z][\w-]{0,63}$/;

/** Devices that guests have already. */
const TAKEN = ['tx', 'rx', 'mgmt', 'lo'];
/** Devices under which or above which others can be made. */
const TRAFFIC = ['tx', 'rx'];

/** The kinds of `DEVICE_KINDS`. */
const KIND_NAMES = [
  'vlan',
  'macvlan',
  'vxlan',
  'bond',
  'bridge',
  'dummy',
  'veth',
  'netkit',
  'ipip',
  'gre',
  'tun',
  'tap',
] as const;

/** Of a VXLAN's network identifier, which has 24 bits. */
const VNI_MAX = 0xff_ffff;

/** `guest: { devices }`: devices in addition to `tx` and `rx`. */
export function devicesSchema(wrap: Wrap, when: z.ZodType<Record<string, string | string[]>>) {
  const name = wrap(z.string().regex(DEVICE_NAME)).describe('as the kernel has it');
  const text = wrap(z.string().min(1).max(64));
  return z
    .array(
      z.strictObject({
        name,
        kind: wrap(z.enum(KIND_NAMES)).describe('as `ip link add … type` has it'),
        on: name.optional().describe('the device that it is above: rx, tx, or one of the list before it'),
        ports: z
          .array(name)
          .min(1)
          .max(64)
          .optional()
          .describe('devices that it takes in: of bond and bridge'),
        id: wrap(z.int().min(0).max(VNI_MAX)).optional().describe('of vlan and vxlan'),
        mode: text.optional().describe('of bond, macvlan, netkit'),
        protocol: wrap(z.enum(['802.1Q', '802.1ad']))
          .optional()
          .describe('of vlan'),
        local: text.optional().describe('address, of vxlan, ipip and gre'),
        remote: text.optional().describe('address, of vxlan, ipip and gre'),
        dstport: wrap(z.int().min(1).max(65535)).optional().describe('of vxlan; default: 4789'),
        peer: name.optional().describe('name of the other end, of veth and netkit'),
        options: z
          .array(wrap(z.union([z.string().min(1).max(128), z.int()])))
          .max(64)
          .default([])
          .describe('further words for `ip link add … type KIND`'),
        address: z.array(text).max(64).default([]).describe('IP addresses with their prefix: 10.1.0.1/24'),
        up: wrap(z.boolean()).default(true).describe('set up once it is there'),
        netns: wrap(z.string().regex(NETNS_NAME))
          .optional()
          .describe('one of `netns`, into which it is moved'),
        when: when.optional(),
      }),
    )
    .max(256)
    .default([])
    .describe('devices that are made before the setup, in this order');
}

/** `guest: { netns }`. */
export function netnsSchema(wrap: Wrap) {
  return z
    .array(wrap(z.string().regex(NETNS_NAME)))
    .max(64)
    .default([])
    .describe('network namespaces: `exec: { netns: NAME }` runs a command in one');
}

type Device = z.infer<ReturnType<typeof devicesSchema>>[number];

/** Keys of a device that only some kinds take. */
type KindKey = 'on' | 'ports' | 'id' | 'mode' | 'protocol' | 'local' | 'remote' | 'dstport' | 'peer';

interface Kind {
  readonly needs: readonly KindKey[];
  readonly takes: readonly KindKey[];
  /** Module of the kernel that has it, without devices of its own making; null: built in, or in every guest. */
  readonly module: string | null;
  /** `on` is its IFLA_LINK, stated before its type. */
  readonly link?: boolean;
  /** Words after `type KIND`. */
  readonly words: (device: Device) => readonly (string | number)[];
}

const tunnel = {
  needs: ['local', 'remote'],
  takes: ['on'],
  words: ({ local = '', remote = '', on }: Device) => [
    'local',
    local,
    'remote',
    remote,
    ...(on ? ['dev', on] : []),
  ],
} as const;

/** The kinds of devices, by the word that ip-link(8) has for them; `tun` and `tap` are made by ip-tuntap(8). */
const DEVICE_KINDS: Readonly<Record<(typeof KIND_NAMES)[number], Kind>> = {
  vlan: {
    needs: ['on', 'id'],
    takes: ['protocol'],
    module: '8021q',
    link: true,
    words: ({ id = 0, protocol }) => [...(protocol ? ['protocol', protocol] : []), 'id', id],
  },
  macvlan: {
    needs: ['on'],
    takes: ['mode'],
    module: 'macvlan',
    link: true,
    words: ({ mode = 'bridge' }) => ['mode', mode],
  },
  vxlan: {
    needs: ['id'],
    takes: ['on', 'local', 'remote', 'dstport'],
    module: 'vxlan',
    words: ({ id = 0, dstport = 4789, on, local, remote }) => [
      'id',
      id,
      'dstport',
      dstport,
      ...(on ? ['dev', on] : []),
      ...(local ? ['local', local] : []),
      ...(remote ? ['remote', remote] : []),
    ],
  },
  bond: {
    needs: [],
    takes: ['ports', 'mode'],
    module: 'bonding max_bonds=0',
    words: ({ mode = 'active-backup' }) => ['mode', mode, 'miimon', 100],
  },
  bridge: { needs: [], takes: ['ports'], module: 'bridge', words: () => [] },
  dummy: { needs: [], takes: [], module: 'dummy numdummies=0', words: () => [] },
  veth: { needs: ['peer'], takes: [], module: null, words: ({ peer = '' }) => ['peer', 'name', peer] },
  netkit: {
    needs: [],
    takes: ['mode', 'peer'],
    module: null,
    words: ({ mode, peer }) => [...(mode ? ['mode', mode] : []), ...(peer ? ['peer', 'name', peer] : [])],
  },
  ipip: { ...tunnel, module: 'ipip' },
  gre: { ...tunnel, module: 'ip_gre' },
  tun: { needs: [], takes: [], module: 'tun', words: () => [] },
  tap: { needs: [], takes: [], module: 'tun', words: () => [] },
};

const KIND_KEYS: readonly KindKey[] = [
  'on',
  'ports',
  'id',
  'mode',
  'protocol',
  'local',
  'remote',
  'dstport',
  'peer',
];

/** Modules that devices of these kinds are made by. */
export function deviceModules(devices: readonly Device[]): string[] {
  return devices.flatMap(({ kind }) => DEVICE_KINDS[kind].module ?? []);
}

/** What is wrong with a device, given the names of those before it. */
export function deviceProblems(
  device: Device,
  before: readonly string[],
  netns: readonly string[],
): string[] {
  const { name, kind } = device;
  const { needs, takes } = DEVICE_KINDS[kind];
  const known = [...TRAFFIC, ...before];
  const below = [...(device.on === undefined ? [] : [device.on]), ...(device.ports ?? [])];
  const names = [name, ...(device.peer === undefined ? [] : [device.peer])];
  return [
    ...names.filter(one => TAKEN.includes(one)).map(one => `every guest has a device \`${one}\``),
    ...names.filter(one => before.includes(one)).map(one => `there are two devices named \`${one}\``),
    ...needs.filter(key => device[key] === undefined).map(key => `a ${kind} needs \`${key}\``),
    ...KIND_KEYS.filter(key => device[key] !== undefined && ![...needs, ...takes].includes(key)).map(
      key => `a ${kind} takes no \`${key}\``,
    ),
    ...below
      .filter(one => !known.includes(one))
      .map(one => `there is no device \`${one}\` before it${didYouMean(one, known)}`),
    ...(device.netns === undefined || netns.includes(device.netns)
      ? []
      : [`\`netns\` has no \`${device.netns}\`${didYouMean(device.netns, netns)}`]),
  ];
}

/** Names that a device brings. */
export function deviceNames({ name, peer }: Device): string[] {
  return peer === undefined ? [name] : [name, peer];
}

/** Names of those that stay in the network namespace of `tx` and `rx`. */
export function reachableNames(device: Device): string[] {
  return deviceNames(device).filter(name => name !== device.name || device.netns === undefined);
}

/** Whether a device is made of `tx` or `rx`, without which it cannot be. */
export function trafficDeviceOf({ on, ports = [] }: Device): string | null {
  return [on, ...ports].find(name => name !== undefined && TRAFFIC.includes(name)) ?? null;
}

/** The commands that make a device: silent like `tx` and `rx`, with its ports taken in, its addresses, and up. */
export function deviceCommands(device: Device): GuestDevice {
  const { name, ports = [], address, up, netns } = device;
  const ends = deviceNames(device);
  const commands = [
    creation(device),
    ...ends.map(end => `ip link set dev ${end} multicast off addrgenmode none`.split(' ')),
    ...ports.flatMap(port => [
      `ip link set dev ${port} down`.split(' '),
      `ip link set dev ${port} master ${name}`.split(' '),
      `ip link set dev ${port} up`.split(' '),
    ]),
    ...(netns === undefined ? [] : [['ip', 'link', 'set', 'dev', name, 'netns', netns]]),
    ...address.map(one => [...within(netns), 'addr', 'add', one, 'dev', name]),
    ...(up
      ? ends.map(end => [...within(end === name ? netns : undefined), 'link', 'set', 'dev', end, 'up'])
      : []),
  ];
  return { name, commands };
}

/** The commands that make a network namespace, with its loopback device up. */
export function netnsCommands(name: string): GuestDevice {
  return {
    name: `netns ${name}`,
    commands: [
      ['ip', 'netns', 'add', name],
      [...within(name), 'link', 'set', 'dev', 'lo', 'up'],
    ],
  };
}

function within(netns: string | undefined): string[] {
  return netns === undefined ? ['ip'] : ['ip', '-n', netns];
}

function creation(device: Device): string[] {
  const { name, kind, on, options } = device;
  const words = options.map(String);
  if (kind === 'tun' || kind === 'tap') return ['ip', 'tuntap', 'add', 'dev', name, 'mode', kind, ...words];
  const row = DEVICE_KINDS[kind];
  const link = row.link === true && on !== undefined ? ['link', on] : [];
  return [
    'ip',
    'link',
    'add',
    ...link,
    'name',
    name,
    'type',
    kind,
    ...row.words(device).map(String),
    ...words,
  ];
}
