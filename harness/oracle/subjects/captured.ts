import type { Counters, Value } from '../../model/counters.ts';
import type { Captured, CapturedFrame } from '../../model/observations.ts';
import { decodeFrame } from '../../packet/decode.ts';
import type { Account, CellView, Subject } from '../subject.ts';
import { branch, list } from '../words.ts';

/** A frame as expectations have it. */
export interface CapturedValue extends Pick<CapturedFrame, 'length' | 'direction' | 'partial'> {
  /** Its layers, by name: `eth`, `ip`, `udp`, `payload`. */
  readonly [layer: string]: Value;
  readonly hex: string;
}

/** The frames of devices that the scenario captures. */
export const captured: Subject = {
  name: 'captured',
  title: 'The frames that a device received during the traffic, where the scenario captures it.',
  tables: [],
  semantics: [],
  faults: [],
  words: {
    captured: branch(
      'By device, `captured.rx[0]`: the layers of the frame (`eth`, `vlan`, `ip.src`, `tcp.flags`, `payload`), its `length` in bytes, `direction` (`in`, `out`), `hex`, and `partial`: the sender left the checksum to the device.',
      { '*': list('', 'Frames in the order in which they came.') },
    ),
  },
  account,
};

function account({ seen: { captures = {} } }: CellView): Account {
  const all = Object.entries(captures);
  const whole = all.filter(([, { lost }]) => lost === 0);
  const cut = all.filter(([, { lost }]) => lost > 0);
  return {
    counters: {
      captured: Object.fromEntries(whole.map(([device, one]) => [device, capturedFrames(one)])),
    },
    stages: [],
    absent: Object.fromEntries(cut.map(([device, one]) => [`captured.${device}`, lossOf(device, one)])),
  };
}

/** What is said of each capture that is not complete. */
export function captureNotes(captures: Readonly<Record<string, Captured>> = {}): string[] {
  return Object.entries(captures).flatMap(([device, one]) => (one.lost === 0 ? [] : [lossOf(device, one)]));
}

/** Counters as reports have them: of each capture the number of frames, which are in its pcap file. */
export function withoutFrames(counters: Counters): Counters {
  const { captured: frames } = counters;
  if (typeof frames !== 'object' || frames === null || Array.isArray(frames)) return counters;
  const sizes = Object.entries(frames).map(([device, all]) => [
    device,
    { frames: Array.isArray(all) ? all.length : 0 },
  ]);
  return { ...counters, captured: Object.fromEntries(sizes) as Counters };
}

/** The frames of a capture, as expectations have them. */
export function capturedFrames({ frames }: Captured): CapturedValue[] {
  return frames.map(valueOf);
}

/** Why a capture is not complete. */
export function lossOf(device: string, { frames, lost }: Captured): string {
  return `the capture of ${device} kept ${frames.length} frames and had no room for ${lost}: raise its \`max\``;
}

function valueOf({ data, length, direction, partial }: CapturedFrame): CapturedValue {
  return { ...decodeFrame(Buffer.from(data, 'hex')), length, direction, partial, hex: data };
}
