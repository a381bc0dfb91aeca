import { z } from 'zod';
import { didYouMean } from '../util/nearest.ts';
import { BOUNDS, grouped } from './bounds.ts';
import type { Topology } from '../model/topology.ts';
import type { Capture, Expectation, Place } from './scenario.ts';
import type { Wrap } from './step-words.ts';

/** A network device's name, as expectations can use it too. */
const DEVICE = /^[a-z][a-z0-9_]{0,14}$/;

/** Which frames of a device are kept: those that it receives, or also those that it sends. */
const DIRECTIONS = ['in', 'both'] as const;

/** The devices whose frames are kept during the traffic, as the scenario's file has them. */
export function capturesSchema(wrap: Wrap) {
  const device = wrap(z.string().regex(DEVICE));
  const one = z.strictObject({
    on: device.describe('name of the device'),
    max: wrap(z.int().min(1).max(BOUNDS.capturedFrames))
      .default(1000)
      .describe('frames; with one more, the capture is not complete'),
    snap: wrap(z.int().min(14).max(65_535)).default(2048).describe('bytes of a frame that are kept'),
    direction: wrap(z.enum(DIRECTIONS)).default('in').describe('`both`: also what the device sends'),
  });
  return z
    .array(z.union([device, one]))
    .max(16)
    .default([])
    .describe(
      'devices whose frames are kept during the traffic, in `capture-DEVICE.pcap` and in `captured.DEVICE`',
    );
}

type Document = z.infer<ReturnType<typeof capturesSchema>>;

/** Something wrong with item `index` of `capture`. */
export interface CaptureProblem {
  readonly index: number;
  readonly text: string;
}

/** The captures of a variant, and what is wrong with them. */
export function buildCaptures(
  raw: Document,
  topology: Topology,
): { readonly captures: readonly Capture[]; readonly problems: readonly CaptureProblem[] } {
  const captures = raw.map(item => (typeof item === 'string' ? { ...DEFAULTS, on: item } : item));
  const problems = captures.flatMap((capture, index) => {
    const text = problemOf(capture, captures.slice(0, index), topology);
    return text === null ? [] : [{ index, text }];
  });
  return { captures, problems };
}

const DEFAULTS = { max: 1000, snap: 2048, direction: 'in' } as const;

function problemOf(
  { on, max, snap }: Capture,
  before: readonly Capture[],
  topology: Topology,
): string | null {
  if (before.some(other => other.on === on)) return `\`${on}\` is captured twice`;
  if (topology === 'none' && (on === 'tx' || on === 'rx'))
    return `there is no device \`${on}\`: write \`topology\`, or an axis \`nic\``;
  if (max * snap > BOUNDS.capturedBytes)
    return `${grouped(max)} frames of ${grouped(snap)} bytes are more than a capture keeps, ${grouped(BOUNDS.capturedBytes)} bytes: lower \`max\` or \`snap\``;
  return null;
}

/** Every name in expectations that begins with a device that is not captured, with what is wrong. */
export function notCaptured(
  expectations: readonly Expectation[],
  captures: readonly Capture[],
): { readonly place: Place; readonly text: string }[] {
  const devices = captures.map(({ on }) => on);
  return expectations.flatMap(({ expression, place }) =>
    expression.names.flatMap(({ path: [root, device] }) =>
      root !== 'captured' || device === undefined || device === '*' || devices.includes(device)
        ? []
        : [
            {
              place,
              text: `\`${expression.text}\`: \`${device}\` is not captured: write \`capture: [${device}]\`${didYouMean(device, devices)}`,
            },
          ],
    ),
  );
}
