import type { Captured, CapturedFrame } from '../model/observations.ts';
import type { Topology } from '../model/topology.ts';
import type { AgentCaller, OpAnswer } from './protocol.ts';
import type { Testbed } from './testbed.ts';

/** A device whose frames are kept. */
export interface CapturePlan {
  readonly on: string;
  readonly max: number;
  readonly snap: number;
  readonly direction: 'in' | 'both';
}

/** Begins to keep the frames of devices. A NIC that filters addresses would not show what another one is meant to receive. */
export async function startCaptures(
  bed: Testbed,
  plans: readonly CapturePlan[],
  topology: Topology,
): Promise<void> {
  for (const { on, max, snap, direction } of plans)
    await guestOf(bed, on).call('capture_start', {
      dev: on,
      max,
      snap,
      outgoing: direction === 'both',
      promisc: topology !== 'veth' && (on === 'tx' || on === 'rx'),
    });
}

/** Reads what was kept into a record by device. */
export async function readCaptures(
  bed: Testbed,
  plans: readonly CapturePlan[],
  into: Record<string, Captured>,
): Promise<void> {
  for (const { on } of plans) into[on] = await readOne(guestOf(bed, on), on);
}

/** Ends captures: their devices can be captured again. */
export async function stopCaptures(bed: Testbed, plans: readonly Pick<CapturePlan, 'on'>[]): Promise<void> {
  for (const { on } of plans) await guestOf(bed, on).call('capture_stop', { dev: on });
}

async function readOne(guest: AgentCaller, dev: string): Promise<Captured> {
  const frames: CapturedFrame[] = [];
  for (;;) {
    const part = await guest.call('capture_read', { dev, from: frames.length });
    frames.push(...part.frames.map(frameOf));
    if (!part.more) return { frames, lost: part.lost };
  }
}

function frameOf({ outgoing, ...frame }: OpAnswer<'capture_read'>['frames'][number]): CapturedFrame {
  return { ...frame, direction: outgoing ? 'out' : 'in' };
}

/** Device `tx` of topology `link` is in the other guest. */
function guestOf({ dut, generator }: Testbed, device: string): AgentCaller {
  return device === 'tx' ? generator : dut;
}
