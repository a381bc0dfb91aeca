import type { Topology } from '../model/topology.ts';
import type { GuestSize, PlainStep, Step } from './scenario.ts';

/** Every step that a topology cannot do, and why. */
export function deviceObstacles(
  steps: readonly Step[],
  topology: Topology,
): { readonly step: PlainStep; readonly text: string }[] {
  return steps
    .flatMap(step => (step.kind === 'repeat' ? step.args.steps : [step]))
    .flatMap(step => {
      const text = obstacle(step, topology);
      return text === null ? [] : [{ step, text }];
    });
}

/** Why a guest of this size cannot have its devices joined in this way; null where it can. */
export function shapeObstacle({ queues }: GuestSize, topology: Topology): string | null {
  if (queues === 1 || topology === 'veth') return null;
  return `\`queues: ${queues}\`: QEMU's hub and its sockets have one queue; take topology veth`;
}

function obstacle(step: PlainStep, topology: Topology): string | null {
  const sending = senderOf(step);
  const device = deviceOf(step);
  if (topology === 'none' && (device ?? sending) !== null)
    return `there is no device \`${device ?? sending}\`: write \`topology\`, or an axis \`nic\``;
  if (topology === 'link' && device === 'tx')
    return 'in topology `link` device `tx` is in the guest that only sends: attach to `rx`, or take veth or virtio';
  return null;
}

/** The device that a step sends on, in whichever guest it is. */
function senderOf(step: PlainStep): string | null {
  switch (step.kind) {
    case 'frames':
    case 'pktgen':
    case 'send':
    case 'udp':
      return step.args.on;
    default:
      return null;
  }
}

/** The device on which a step needs the guest under test. */
function deviceOf(step: PlainStep): string | null {
  switch (step.kind) {
    case 'attach':
      return step.args.to;
    case 'detach':
      return step.args.from;
    case 'live':
      return step.args.on;
    case 'test_run':
      return step.args.on ?? null;
    case 'update':
      return step.args.device ?? null;
    case 'load':
      return step.args.dev_bound ?? null;
    default:
      return null;
  }
}
