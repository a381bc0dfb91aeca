import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LIST_BOUNDS, type FrameItem } from '../packet/frame-list.ts';
import { readWholeFrames } from '../packet/pcap.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { BOUNDS, grouped } from './bounds.ts';
import type { PlainStep, Step } from './scenario.ts';

/** Receives what is wrong with a step's file; `path` leads to it from the step's arguments. */
type Report = (step: PlainStep, path: readonly PropertyKey[], text: string) => void;

/** The same steps with absolute paths of their capture files, each of which was read once to see whether it can be sent. */
export function withCaptureFiles(steps: readonly Step[], scenarioPath: string, report: Report): Step[] {
  return steps.map((step): Step => {
    if (step.kind !== 'repeat') return plainStep(step, scenarioPath, report);
    const inner = step.args.steps.map(one => plainStep(one, scenarioPath, report));
    return { ...step, args: { ...step.args, steps: inner } };
  });
}

function plainStep(step: PlainStep, scenarioPath: string, report: Report): PlainStep {
  if (step.kind !== 'packets' || step.args.frames.every(({ pcap }) => pcap === undefined)) return step;
  let inFiles = 0;
  const frames = step.args.frames.map((item, index): FrameItem => {
    if (item.pcap === undefined) return item;
    const path = resolve(dirname(scenarioPath), item.pcap);
    const found = look(path, item.pcap);
    if (typeof found === 'string') report(step, ['frames', index, 'pcap'], found);
    else inFiles += found;
    return { ...item, pcap: path };
  });
  const sent = (inFiles + frames.filter(({ pcap }) => pcap === undefined).length) * step.args.count;
  if (sent > BOUNDS.packets) {
    const text = `${grouped(sent)} packets with those of the files, more than a step may send: ${grouped(BOUNDS.packets)} at most`;
    report(step, ['count'], text);
  }
  return { ...step, args: { ...step.args, frames } };
}

/** What was found in files: a scenario is checked once for each of its variants. */
const seen = new Map<string, { readonly stamp: string; readonly found: number | string }>();

/** The number of frames in a file, or what is wrong with it. */
function look(path: string, name: string): number | string {
  try {
    const { size, mtimeMs, ino } = statSync(path);
    const stamp = `${size} ${mtimeMs} ${ino}`;
    const known = seen.get(path);
    if (known?.stamp === stamp) return known.found;
    const found = read(path, name);
    seen.set(path, { stamp, found });
    return found;
  } catch (error) {
    return `\`${name}\` cannot be read: ${messageOf(error)}`;
  }
}

function read(path: string, name: string): number | string {
  const stats = statSync(path);
  if (!stats.isFile()) return `\`${name}\` is not a regular file`;
  const most = LIST_BOUNDS.bytes + 32 * LIST_BOUNDS.frames;
  if (stats.size > most)
    return `\`${name}\` has ${grouped(stats.size)} bytes, ${grouped(most)} at most: cut it, as with tcpdump -c, and repeat it with \`count\``;
  try {
    return readWholeFrames(readFileSync(path), name).length;
  } catch (error) {
    if (error instanceof BpfrigError) return error.message;
    throw error;
  }
}
