import type { Topology } from '../model/topology.ts';
import { didYouMean } from '../util/nearest.ts';
import type { GuestSize, PlainStep, Step } from './scenario.ts';
import { deviceOfAttach } from './attach-steps.ts';
import type { StepArgs, StepKind } from './step-schema.ts';

/** Every step that a topology cannot do, and why. `made`: names of the devices that the guest has besides `tx` and `rx`. */
export function deviceObstacles(
  steps: readonly Step[],
  topology: Topology,
  made: readonly string[] = [],
): { readonly step: PlainStep; readonly text: string }[] {
  return steps
    .flatMap(step => (step.kind === 'repeat' ? step.args.steps : [step]))
    .flatMap(step => {
      const text = obstacle(step, topology, made);
      return text === null ? [] : [{ step, text }];
    });
}

/** Why a guest of this size cannot have its devices joined in this way; null where it can. */
export function shapeObstacle({ queues }: GuestSize, topology: Topology): string | null {
  if (queues === 1 || topology === 'veth') return null;
  return `\`queues: ${queues}\`: QEMU's hub and its sockets have one queue; take topology veth`;
}

function obstacle(step: PlainStep, topology: Topology, made: readonly string[]): string | null {
  const { sends, needs } = devicesOf(step);
  const device = needs ?? sends;
  if (device === undefined || device === 'lo' || made.includes(device)) return null;
  const known = ['rx', 'tx', ...made];
  if (!known.includes(device)) return `there is no device \`${device}\`${didYouMean(device, known)}`;
  if (topology === 'none') return `there is no device \`${device}\`: write \`topology\`, or an axis \`nic\``;
  if (topology === 'link' && needs === 'tx')
    return 'in topology `link` device `tx` is in the guest that only sends: name `rx`, or take veth or virtio';
  return null;
}

/** Devices of a step, by role. */
interface Devices {
  /** Sends on it, from whichever guest it is in. */
  readonly sends?: string | undefined;
  /** Needs it in the guest under test. */
  readonly needs?: string | undefined;
}

/** Whether a step sends packets that are counted. Live frames need their device in the guest under test, and come from there. */
export function isSource(step: PlainStep): boolean {
  return step.kind === 'live' || devicesOf(step).sends !== undefined;
}

function devicesOf(step: PlainStep): Devices {
  // The table's type says that kind and arguments belong together; TypeScript cannot follow that through a union.
  const of = DEVICES[step.kind] as ((args: unknown) => Devices) | null;
  return of === null ? {} : of(step.args);
}

/** The devices of every kind of step; null for a step without. */
const DEVICES: { readonly [K in StepKind]: ((args: StepArgs<K>) => Devices) | null } = {
  frames: ({ on }) => ({ sends: on }),
  pktgen: ({ on }) => ({ sends: on }),
  send: ({ on }) => ({ sends: on }),
  udp: ({ on }) => ({ sends: on }),
  tcp: () => ({ sends: 'tx' }),
  ping: () => ({ sends: 'tx' }),
  packets: ({ on }) => ({ sends: on }),
  live: ({ on }) => ({ needs: on }),
  xsk: ({ device }) => ({ needs: device }),
  xsk_send: ({ on }) => ({ sends: on }),
  xsk_fill: null,
  xsk_receive: null,
  xsk_close: null,
  test_run: ({ on }) => ({ needs: on }),
  load: args => ({ needs: 'object' in args ? undefined : args.dev_bound }),
  attach: args => ({ needs: deviceOfAttach(args) }),
  detach: args => ({ needs: 'from' in args ? args.from : undefined }),
  update: ({ device, socket }) => ({
    needs: typeof socket === 'object' && 'xdp' in socket ? socket.xdp : device,
  }),
  fill: ({ entries }) => ({ needs: entries.find(({ device }) => device !== undefined)?.device }),
  cpumap: null,
  map: null,
  lookup: null,
  delete: null,
  lookup_and_delete: null,
  map_batch: null,
  next_key: null,
  close: null,
  info: null,
  kthreads: null,
  gone: null,
  sched: null,
  stall: null,
  release: null,
  cpu: null,
  rlimit: null,
  enqueued: null,
  dequeued: null,
  hold: null,
  held: null,
  runnable: null,
  fault: null,
  join: null,
  pending: null,
  wait: null,
  exec: null,
  write: null,
  read: null,
};
