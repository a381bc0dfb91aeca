import { messageOf } from '../util/errors.ts';
import { buildFrame, FRAME_BYTES, payloadBytes } from './build.ts';
import type { FrameDescription } from './description.ts';
import type { FrameItem, SizedFrame } from './frame-list.ts';
import type { LayerName } from './layer.ts';

/** What is wrong with a description, and where in it. */
export interface FrameProblem {
  readonly path: readonly string[];
  readonly message: string;
}

const NETWORK: readonly LayerName[] = ['arp', 'ip', 'ip6'];
const TRANSPORT: readonly LayerName[] = ['tcp', 'udp', 'icmp', 'icmp6', 'gre'];
/** Options of TCP by their name. */
const TCP_OPTIONS = ['mss', 'wscale', 'sack_permitted', 'timestamp', 'echo'];

/** What is wrong with a frame's layers together; each by itself is as the schema says. */
export function frameProblems(frame: SizedFrame): FrameProblem[] {
  const { size, ...description } = frame;
  const problems = levelProblems(description, []);
  return problems.length > 0 ? problems : lengthProblems(description, size);
}

/** As {@link frameProblems}, of an item of a list. */
export function itemProblems(item: FrameItem): FrameProblem[] {
  const { hex, pcap, fragment, ...frame } = item;
  const kinds = [
    ...(hex === undefined ? [] : ['hex']),
    ...(pcap === undefined ? [] : ['pcap']),
    ...Object.keys(frame).filter(key => frame[key as keyof SizedFrame] !== undefined),
  ];
  const [first, second] = kinds;
  if (first === undefined)
    return [problem([], 'a frame needs its layers (such as `ip: {}, udp: {}`), `hex` or `pcap`')];
  const hexBytes = (hex ?? '').replaceAll(/\s/g, '').length / 2;
  if (hex !== undefined && (hexBytes < 14 || hexBytes > FRAME_BYTES))
    return [problem(['hex'], `${hexBytes} bytes: a frame has 14 to ${FRAME_BYTES}`)];
  if (first === 'hex' || first === 'pcap') {
    const other = second ?? (fragment === undefined ? null : 'fragment');
    return other === null ? [] : [problem([other], `\`${first}\` is all of an item: it has no \`${other}\``)];
  }
  const problems = frameProblems(frame);
  if (problems.length > 0 || fragment === undefined) return problems;
  if (fragment % 8 !== 0) return [problem(['fragment'], `must be a multiple of 8, not ${fragment}`)];
  if (frame.ip === undefined && frame.ip6 === undefined)
    return [problem(['fragment'], 'needs `ip` or `ip6` in the frame')];
  return [];
}

function levelProblems(frame: FrameDescription, path: readonly string[]): FrameProblem[] {
  const has = (names: readonly LayerName[]): LayerName[] => names.filter(name => frame[name] !== undefined);
  const at = (key: string, message: string): FrameProblem => problem([...path, key], message);
  const [network, transport] = [has(NETWORK), has(TRANSPORT)];
  const { inner, payload, udp, vxlan, tcp } = frame;
  const problems: FrameProblem[] = [];
  for (const [one, other] of [network, transport])
    if (one !== undefined && other !== undefined)
      problems.push(
        at(other, `\`${one}\` and \`${other}\` in one packet: what is in a tunnel stands in \`inner\``),
      );
  const [first] = transport;
  if (first !== undefined && frame.ip === undefined && frame.ip6 === undefined)
    problems.push(at(first, `\`${first}\` needs \`ip\` or \`ip6\` next to it, such as \`ip: {}\``));
  if (vxlan !== undefined && udp === undefined)
    problems.push(at('vxlan', '`vxlan` needs `udp` next to it, such as `udp: {}`'));
  if (inner !== undefined && payload !== undefined)
    problems.push(at('payload', '`payload` stands in `inner`, whose packet is the payload here'));
  if (inner !== undefined && !canHold(frame))
    problems.push(at('inner', '`inner` needs a tunnel around it: `ip` or `ip6` alone, `gre`, or `vxlan`'));
  const named = TCP_OPTIONS.find(name => tcp?.[name] !== undefined);
  if (tcp?.['options'] !== undefined && named !== undefined)
    problems.push(problem([...path, 'tcp', named], '`options` has all options: this one too'));
  if (inner !== undefined) problems.push(...levelProblems(inner, [...path, 'inner']));
  return problems;
}

function canHold({ ip, ip6, tcp, udp, icmp, icmp6, gre, vxlan }: FrameDescription): boolean {
  if (gre !== undefined || vxlan !== undefined) return true;
  return (ip ?? ip6) !== undefined && [tcp, udp, icmp, icmp6].every(layer => layer === undefined);
}

/** Above it, fields for a length of 16 bits may be too small, which is found by making the frame. */
const ALWAYS_FITS = 60_000;

/** What is wrong with the frame's length: found without its payload, which may be long and in many frames. */
function lengthProblems(description: FrameDescription, size: number | undefined): FrameProblem[] {
  const { payload, ...innermost } = innermostOf(description);
  const given = { ...payload, length: undefined };
  const overhead = buildSafely(withInnermost(description, innermost), undefined);
  if (typeof overhead === 'string') return [problem([], overhead)];
  const content = Math.max(payloadBytes(given).length, payload?.length ?? 0);
  if (payload?.length !== undefined && payload.length < content)
    return [problem([], `\`payload\` has ${content} bytes, and \`length: ${payload.length}\``)];
  const length = Math.max(overhead.length + content, size ?? 0);
  if (length > FRAME_BYTES) return [problem([], `a frame of ${length} bytes: ${FRAME_BYTES} at most`)];
  if (size !== undefined && size < overhead.length + content)
    return [problem(['size'], `\`size: ${size}\` is less than the ${length} bytes of its parts`)];
  const whole = length > ALWAYS_FITS ? buildSafely(description, size) : null;
  return typeof whole === 'string' ? [problem([], whole)] : [];
}

function buildSafely(description: FrameDescription, size: number | undefined): Buffer | string {
  try {
    return buildFrame(description, { size });
  } catch (error) {
    return messageOf(error);
  }
}

function innermostOf(description: FrameDescription): FrameDescription {
  return description.inner === undefined ? description : innermostOf(description.inner);
}

function withInnermost(description: FrameDescription, innermost: FrameDescription): FrameDescription {
  if (description.inner === undefined) return innermost;
  return { ...description, inner: withInnermost(description.inner, innermost) };
}

function problem(path: readonly string[], message: string): FrameProblem {
  return { path, message };
}
