import { PORT } from '../model/topology.ts';
import { BpfrigError } from '../util/errors.ts';
import { buildFrame } from './build.ts';
import type { FrameDescription } from './description.ts';
import type { Fields } from './fields.ts';
import { buildFragments } from './fragments.ts';
import { ENDS } from './layer.ts';

/** A frame with a size of its own. */
export type SizedFrame = FrameDescription & { readonly size?: number | undefined };

/** An item of a list: a frame by its layers, one by its bytes, or the frames of a file. */
export type FrameItem = SizedFrame & {
  readonly hex?: string | undefined;
  readonly pcap?: string | undefined;
  /** Bytes of the fragments into which it is cut. */
  readonly fragment?: number | undefined;
};

/** What the frames of one step may be together, all flows of them. */
export const LIST_BOUNDS = { frames: 16_384, bytes: 4 * 1024 * 1024 } as const;

/** How the frames of a list are made. */
export interface ListOptions {
  /** The device that sends them. */
  readonly on: 'tx' | 'rx';
  /** The list so many times, with source ports that count up. */
  readonly flows: number;
  /** The frames of a file. */
  readonly fileFrames: (path: string) => readonly Buffer[];
}

/**
 * The frames of a list in the order in which they are sent: those of the first flow, of the second, and so on. Throws BpfrigError `scenario`
 * for frames that cannot be, and for more than `LIST_BOUNDS`.
 */
export function buildList(items: readonly FrameItem[], { on, flows, fileFrames }: ListOptions): Buffer[] {
  const frames: Buffer[] = [];
  let bytes = 0;
  for (let flow = 0; flow < flows; flow += 1)
    for (const item of items)
      for (const frame of framesOf(item, on, flow, fileFrames)) {
        frames.push(frame);
        bytes += frame.length;
        if (frames.length > LIST_BOUNDS.frames || bytes > LIST_BOUNDS.bytes) throw tooMuch();
      }
  return frames;
}

function tooMuch(): BpfrigError {
  const { frames, bytes } = LIST_BOUNDS;
  const bounds = `${frames} frames and ${bytes / 1024 / 1024} MiB at most, all flows of them`;
  return new BpfrigError('scenario', `the frames are too many: ${bounds}; \`count\` repeats them`);
}

function framesOf(
  item: FrameItem,
  on: 'tx' | 'rx',
  flow: number,
  fileFrames: ListOptions['fileFrames'],
): readonly Buffer[] {
  const { hex, pcap, fragment, size, ...description } = item;
  if (pcap !== undefined) return fileFrames(pcap);
  if (hex !== undefined) return [Buffer.from(hex.replaceAll(/\s/g, ''), 'hex')];
  const frame = ofFlow(description, flow);
  const options = { ends: ENDS[on], size };
  return fragment === undefined ? [buildFrame(frame, options)] : buildFragments(frame, fragment, options);
}

/** The same frame with a source port that is higher by the number of the flow; in a tunnel, that of the innermost packet. */
function ofFlow(description: FrameDescription, flow: number): FrameDescription {
  if (flow === 0) return description;
  const { inner, tcp, udp } = description;
  if (inner !== undefined) return { ...description, inner: ofFlow(inner, flow) };
  if (tcp !== undefined) return { ...description, tcp: laterPort(tcp, flow) };
  return udp === undefined ? description : { ...description, udp: laterPort(udp, flow) };
}

function laterPort(fields: Fields, flow: number): Fields {
  return { ...fields, sport: (Number(fields['sport'] ?? PORT.source) + flow) % 65_536 };
}

/** Whether a flow of its own makes another frame of it. */
export function hasFlows({ hex, pcap, inner, tcp, udp }: FrameItem): boolean {
  if (hex !== undefined || pcap !== undefined) return false;
  return inner === undefined ? tcp !== undefined || udp !== undefined : hasFlows(inner);
}
