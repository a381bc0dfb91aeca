import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CapturedFrame, Observations } from '../model/observations.ts';
import { writePcap, type PcapFrame } from '../packet/pcap.ts';

/** Names of the pcap files of a try, one for each device that the scenario captures. */
export function captureFiles({ captures = {} }: Pick<Observations, 'captures'>, suffix: string): string[] {
  return Object.keys(captures).map(device => fileOf(device, suffix));
}

/** Writes the frames of each capture to a pcap file. Throws what the file system does. */
export function keepCaptures(
  { captures = {} }: Pick<Observations, 'captures'>,
  dir: string,
  suffix: string,
): void {
  for (const [device, { frames }] of Object.entries(captures))
    writeFileSync(join(dir, fileOf(device, suffix)), writePcap(frames.map(pcapFrame)));
}

/** Observations without the frames of captures, which are in files of their own. */
export function withoutCaptures(observations: Observations): Observations {
  const { captures, ...rest } = observations;
  if (captures === undefined) return rest;
  const empty = Object.entries(captures).map(([device, { lost }]) => [device, { frames: [], lost }]);
  return { ...rest, captures: Object.fromEntries(empty) as typeof captures };
}

function fileOf(device: string, suffix: string): string {
  return `capture-${device}${suffix}.pcap`;
}

function pcapFrame({ sec, nsec, length, data }: CapturedFrame): PcapFrame {
  return { data: Buffer.from(data, 'hex'), length, ns: BigInt(sec) * 1_000_000_000n + BigInt(nsec) };
}
