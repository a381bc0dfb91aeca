import { changedFrames } from '../../guest/changed-frames.ts';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { AgentClient } from '../../guest/agent-client.ts';
import { parseFound } from '../../guest/kernel-function.ts';
import { summariseLeaks } from '../../guest/leaks.ts';
import { parseFdinfo, parseSnmp, parseSoftnet } from '../../guest/proc-text.ts';
import { libbpfReason, refusalOf, sourceLineOf, verifierFigures } from '../../guest/verifier-log.ts';
import { ARCHITECTURES } from '../../arch/architectures.ts';
import { bannerIn, parseBanner } from '../../kernel/banner.ts';
import { parseBzImage } from '../../kernel/bzimage.ts';
import { loadCatalogue, parseCatalogue } from '../../kernel/catalogue.ts';
import { compareDebianVersions, upstreamVersion } from '../../kernel/debian-version.ts';
import { loadLock } from '../../kernel/lock-file.ts';
import { parsePackages } from '../../kernel/package-index.ts';
import { cpioMembers } from '../../kernel/packages/cpio.ts';
import { cpio, rpm } from '../../kernel/packages/packages.fixture.ts';
import { parseRpmHeader } from '../../kernel/packages/rpm-header.ts';
import { expandKernelSpecs, kernelLabels } from '../../kernel/spec.ts';
import type { Counters } from '../../model/counters.ts';
import type { RunEvent } from '../../model/events.ts';
import { EXIT } from '../../model/exit-code.ts';
import { readBtf } from '../../object/btf.ts';
import { parseObject } from '../../object/read-object.ts';
import { summariseArrivals } from '../../oracle/arrivals.ts';
import { compareDescribed } from '../../oracle/described.ts';
import { evaluate } from '../../oracle/expectations.ts';
import { NAMES } from '../../oracle/subjects.ts';
import { buildFrame } from '../../packet/build.ts';
import { decodeFrame } from '../../packet/decode.ts';
import type { FrameDescription } from '../../packet/description.ts';
import { readPcap, readWholeFrames, writePcap } from '../../packet/pcap.ts';
import { foldRun } from '../../report/fold.ts';
import { readEvents } from '../../report/jsonl.ts';
import { compareLoads, loadComparisonText } from '../../report/compare-loads.ts';
import { loadCsv } from '../../report/load-csv.ts';
import { readLoadReport } from '../../report/load-schema.ts';
import { loadText } from '../../report/load-text.ts';
import { mergeRuns } from '../../report/merge.ts';
import { createReporter, REPORTERS, type ReporterName } from '../../report/registry.ts';
import { Durations } from '../../run/durations.ts';
import { compile } from '../../scenario/cel.ts';
import { readCoverageList } from '../../scenario/coverage-list.ts';
import { parseScenario } from '../../scenario/parse.ts';
import { yamlSource } from '../../scenario/places.ts';
import { PACKAGE_ROOT } from '../../util/paths.ts';
import { cpuLines } from '../../vm/cpu-lines.ts';
import { consoleLines, detectorsOff, scanLog, withoutTime } from '../../vm/splats.ts';
import { anyJson, anyText, celText, mutated } from './inputs.ts';
import { readInParts, readQmpLines } from './lines.ts';
import { cellsSayGreen, chainedAnew, changedRuns, checkGreen, nearlyGreen } from './saved-run.ts';

/** A parser, and what it is fed with. */
export interface FuzzTarget {
  readonly inputs: fc.Arbitrary<Buffer>;
  /** Reads one input. It may throw BpfrigError, and nothing else. */
  readonly run: (input: Buffer) => void | Promise<void>;
  /** Its share of the inputs: quick parsers get more. */
  readonly weight: number;
}

const HERE = join(PACKAGE_ROOT, 'harness', 'cli', 'fuzz', 'corpus');
const SUITE = join(PACKAGE_ROOT, 'scenarios');

/** Files as samples: those of a folder below, or below this file's `corpus/`. */
function files(folder: string, pattern: RegExp): Buffer[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => pattern.test(name))
    .toSorted()
    .map(name => readFileSync(join(folder, name)));
}

function texts(...samples: string[]): Buffer[] {
  return samples.map(text => Buffer.from(text));
}

/** Feeds text to a reader that takes a path. */
function asFile(input: Buffer, name: string, read: (path: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'bpfrig-fuzz-'));
  try {
    const path = join(folder, name);
    writeFileSync(path, input);
    read(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const COUNTERS: Counters = {
  sent: 8192,
  log: ['eth0: link up', 'XDP return value'],
  rx: { packets: 8192 },
  cpumap: { cpu: { 1: { offered: 5026 } } },
  kernel: { version: '6.12.117', series: '6.12' },
  variant: { nic: 'veth' },
};

function readExpression(input: Buffer): void {
  const expression = compile(input.toString());
  if (!('problem' in expression)) evaluate(expression, COUNTERS);
}

function readScenario(input: Buffer): void {
  const source = yamlSource(input.toString());
  const file = { name: 'fuzz', file: 'fuzz.yaml', path: '/nowhere/fuzz.yaml' };
  parseScenario(source, file, { ...NAMES, coverage: null });
}

const REPORTER_OPTIONS = {
  color: false,
  tty: false,
  columns: 80,
  groups: false,
  kcidb: { origin: 'example', files: null },
};

const RUNS = files(
  join(PACKAGE_ROOT, 'harness', 'report', 'testdata'),
  /^events-(?:one|cut|empty|full)\.jsonl$/,
);

const NEARLY_GREEN = nearlyGreen(RUNS.map(text => text.toString())).map(text => Buffer.from(text));

/** Runs whose cells are red, with the chain of lines. A chain says nothing of its last line, and a run's end may be worse than its cells. */
const RED_RUNS = [...RUNS, ...NEARLY_GREEN]
  .map(text => Buffer.from(chainedAnew(text.toString())))
  .filter(text => !cellsSayGreen(eventsOf(text)));

function eventsOf(text: Buffer): readonly RunEvent[] {
  return readEvents(text.toString(), 'events.jsonl').events;
}

/** Reads a saved run whose lines are chained, reports it in every form and merges it with itself. */
function readRun(input: Buffer): void {
  const { events } = readEvents(chainedAnew(input.toString()), 'events.jsonl');
  for (const name of Object.keys(REPORTERS) as ReporterName[]) {
    const reporter = createReporter(name, REPORTER_OPTIONS);
    for (const event of events) reporter.onEvent(event);
    reporter.close();
  }
  foldRun(mergeRuns([events, events]));
}

/** Reads a saved run whose lines are chained, alone and merged with itself: it is green only if its cells say so. */
function readExitCode(input: Buffer): void {
  const { events } = readEvents(chainedAnew(input.toString()), 'events.jsonl');
  checkGreen(events);
  checkGreen(mergeRuns([events, events]));
}

/** Reads a saved run whose cells are red and that was changed afterwards: whatever the change, it is not green. */
function readChangedRed(input: Buffer): void {
  if (foldRun(eventsOf(input)).exitCode === EXIT.ok) throw new Error('a red run is green');
}

/** Lines from the agent, while two requests are open. */
async function readRpm(input: Buffer): Promise<void> {
  await parseRpmHeader(async (offset, length) => input.subarray(offset, offset + length));
}

async function readCpio(input: Buffer): Promise<void> {
  const stream = async function* (): AsyncGenerator<Buffer> {
    yield input;
  };
  for await (const { content } of cpioMembers(stream())) for await (const piece of content) void piece;
}

async function readAgentLines(input: Buffer): Promise<void> {
  const channel = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const limits = { heartbeatMs: 60_000, answerMs: 60_000 };
  const client = new AgentClient(channel, limits, new Promise(() => undefined), 1);
  const calls = Promise.allSettled([client.call('hello', {}), client.call('observers_read', {})]);
  channel.push(input);
  channel.push('\n');
  await turn();
  client.close();
  await calls;
}

function readProcTexts(input: Buffer): void {
  const text = input.toString();
  parseSoftnet(text);
  parseSnmp(text);
  parseFdinfo(text);
  parseFound(text);
  summariseLeaks(text);
}

function readLog(input: Buffer): void {
  const lines = consoleLines(input.toString());
  scanLog(lines);
  lines.forEach(withoutTime);
  detectorsOff(lines);
  for (const { name } of ARCHITECTURES) cpuLines(name, input.toString());
}

function readKernelNames(input: Buffer): void {
  const text = input.toString();
  parseBanner(text);
  upstreamVersion(text);
  compareDebianVersions(text, '6.12.74-2');
  compareDebianVersions('1:6.12~rc1-1', text);
}

function readImage(input: Buffer): void {
  const banner = parseBzImage(input)?.banner ?? bannerIn(input);
  if (banner !== null) parseBanner(banner);
}

const CATALOGUE = loadCatalogue();

/** A bzImage's setup header, with a payload of a few bytes. */
function bzImage(): Buffer {
  const file = Buffer.alloc(0x600);
  file.write('HdrS', 0x202, 'latin1');
  file.writeUInt16LE(0x20f, 0x206);
  file.writeUInt16LE(0x100, 0x20e);
  file.write('6.12.74+deb13-amd64 (a@b) #1 SMP Debian 6.12.74-2 (2026-03-08)\0', 0x300, 'latin1');
  file.writeUInt8(1, 0x1f1);
  file.writeUInt32LE(0x10, 0x248);
  file.writeUInt32LE(0x20, 0x24c);
  return file;
}

function readVerifierLog(input: Buffer): void {
  const text = input.toString();
  verifierFigures(text);
  refusalOf(text);
  sourceLineOf(text);
  libbpfReason(text);
}

const VERIFIER_LOGS = texts(
  "; return *p; @ fw.bpf.c:13\n1: (61) r0 = *(u32 *)(r2 +0)\nR2 invalid mem access 'scalar'\n",
  'verification time 153 usec\nstack depth 32+0+16\nprocessed 24 insns (limit 1000000) max_states_per_insn 1 total_states 2 peak_states 3 mark_read 4\n',
  "libbpf: extern (func ksym) 'f': not found in kernel or module BTFs\nlibbpf: failed to load object 'bpfrig'\n",
);

/** Reads a report of `load`, reports it in every form and compares it with itself. */
function readLoad(input: Buffer): void {
  const report = readLoadReport(input.toString(), 'load.json');
  loadText(report, { color: false, columns: 80 });
  for (const { id } of report.kernels) loadCsv(report, id);
  loadComparisonText(compareLoads(report, report, 10));
}

const PROC_TEXTS = texts(
  '00000064 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 0 0\n',
  'Udp: InDatagrams NoPorts InErrors\nUdp: 1 2 3\nIp: Forwarding DefaultTTL\nIp: 1 64\n',
  'pos:\t0\nflags:\t02000002\nmnt_id:\t15\nmap_type:\t16\nmemlock:\t4096\nfrozen:\t0\n',
  'f ffffffff81000100 ffffffff810003a0\ng ffffffff810003a0 -\n? f.isra.0\n',
  'unreferenced object 0xffff888104a3e100 (size 256):\n  comm "x", pid 7, jiffies 4\n  backtrace (crc 0):\n    kmemleak_alloc+0x4b/0x80\n    f+0x1/0x2\n',
);

const LOG_LINES = texts(
  '[    1.234567] BUG: kernel NULL pointer dereference, address: 0000000000000008\n[    1.3] Kernel panic - not syncing: x\n',
  'rcu: INFO: rcu_preempt self-detected stall on CPU\nwatchdog: BUG: soft lockup - CPU#1 stuck for 22s!\n',
  'BUG kmalloc-64 (Tainted: G    B ): Poison overwritten\nBUG: MAX_LOCKDEP_KEYS too low!\n',
  'CPU#0\nRAX=0 RIP=ffffffff81000000 RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1\nCPU#1\nRIP=1 RFL=2 HLT=0\n',
);

const AGENT_LINES = texts(
  '{"id":1,"ok":{"release":"6.12.74","pid":1}}\n{"id":2,"ok":{"tables":{},"lost":0}}\n',
  '{"id":1,"error":{"kind":"kernel","errno":"EINVAL","code":22,"where":"bpf(BPF_MAP_CREATE)","message":"no","log":null}}\n',
  '{"beat":1}\n{"id":2,"error":{"kind":"agent","errno":null,"code":0,"where":"","message":"x","log":null}}\n',
);

/** Frames with every layer. */
const FRAMES: Buffer[] = (
  [
    {
      vlan: [5, 7],
      ip: { options: '94040000' },
      tcp: { mss: 1460, timestamp: 1, wscale: 7 },
      payload: { text: 'a' },
    },
    { ip6: { extensions: [{ kind: 'hop_by_hop' }, { kind: 'fragment', mf: true }] }, icmp6: {} },
    { ip: {}, udp: {}, vxlan: {}, inner: { arp: {} } },
    { ip6: {}, gre: { key: 1, checksum: true }, inner: { ip: {}, inner: { ip: {}, icmp: {} } } },
  ] satisfies FrameDescription[]
).map(frame => buildFrame(frame));

/** A pcap file with two frames, and a pcapng file with an interface and a packet block. */
const CAPTURES = [
  writePcap([1n, 2n].map(ns => ({ data: Buffer.from('deadbeef', 'hex'), length: 4, ns }))),
  Buffer.from(
    '0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000' +
      '0100000020000000010000000000040009000100090000000000000020000000' +
      '06000000240000000000000001000000020000000400000004000000deadbeef24000000',
    'hex',
  ),
];

function readCapture(input: Buffer): void {
  const frames = readPcap(input, 'fuzz.pcap');
  readPcap(writePcap(frames), 'written.pcap');
  readWholeFrames(input, 'fuzz.pcap');
}

const QMP_LINES = texts(
  '{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}, "capabilities": ["oob"]}}\r\n{"return": {}, "id": 1}\r\n',
  '{"return": {"status": "running"}, "id": 2}\r\n{"return": "CPU#0\\r\\nRAX=0\\r\\n", "id": 3}\r\n',
  '{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}}\r\n',
  '{"id": 2, "error": {"class": "GenericError", "desc": "no"}}\r\n{"event": "VSERPORT_CHANGE", "data": {"open": false, "id": "agent"}}\r\n',
);

const PACKAGES = texts(
  [
    'Package: linux-image-6.12.74+deb13-amd64',
    'Version: 6.12.74-2',
    'Depends: kmod, linux-base (>= 4.3~), linux-binary-6.12.74+deb13-amd64 (= 6.12.74-2) | x',
    'Size: 1000',
    `SHA256: ${'ab'.repeat(32)}`,
    '',
    'Package: linux-modules-6.12.74+deb13-amd64',
    'Version: 6.12.74-2',
    'Size: 7',
    `SHA256: ${'cd'.repeat(32)}`,
    '',
  ].join('\n'),
);

/** Every parser of what guests and files say, by name. */
export const FUZZ_TARGETS = {
  scenario: {
    inputs: fc.oneof(
      { arbitrary: mutated(files(SUITE, /^(?!.*coverage).*\.yaml$/)), weight: 4 },
      anyJson,
      anyText,
    ),
    run: readScenario,
    weight: 1,
  },
  cel: {
    inputs: fc.oneof(
      mutated(
        texts(
          'sent == rx.packets',
          'size(log.filter(l, l.contains("x"))) == 1',
          '"a".matches("a+") && sent > 1',
        ),
      ),
      celText,
    ),
    run: readExpression,
    weight: 4,
  },
  'kernel-spec': {
    inputs: mutated(
      texts(
        '6.12',
        '7.2-cloud',
        'debian:trixie-backports/7.2/cloud',
        'path:./bzImage',
        'tree:../linux',
        'deb:image.deb,modules.deb',
        'rpm:kernels/*.rpm',
        'all',
      ),
    ),
    run: input => void kernelLabels(expandKernelSpecs([input.toString()], CATALOGUE)),
    weight: 8,
  },
  'kernels.yaml': {
    inputs: mutated([readFileSync(join(PACKAGE_ROOT, 'images', 'kernels.yaml'))]),
    run: input => void parseCatalogue(input.toString(), 'kernels.yaml'),
    weight: 1,
  },
  lock: {
    inputs: mutated([readFileSync(join(PACKAGE_ROOT, 'images', 'kernels.lock.yaml')).subarray(0, 2000)]),
    run: input => asFile(input, 'kernels.lock.yaml', path => void loadLock(path)),
    weight: 1,
  },
  coverage: {
    inputs: mutated(files(SUITE, /coverage\.yaml$/).map(text => text.subarray(0, 2000))),
    run: input => asFile(input, 'coverage.yaml', path => void readCoverageList(path)),
    weight: 1,
  },
  'package-index': {
    inputs: mutated(PACKAGES),
    run: input => void parsePackages(input.toString()),
    weight: 8,
  },
  rpm: { inputs: mutated([rpm([{ name: './boot/vmlinuz-6.1', content: 'x' }])]), run: readRpm, weight: 4 },
  cpio: { inputs: mutated([cpio([{ name: './boot/vmlinuz-6.1', content: 'x' }])]), run: readCpio, weight: 4 },
  object: {
    inputs: mutated(files(join(HERE, 'object'), /\.o$/)),
    run: input => void parseObject(input, 'fuzz.o'),
    weight: 8,
  },
  btf: {
    inputs: mutated(files(join(HERE, 'btf'), /\.btf$/)),
    run: input => {
      const btf = safely(() => readBtf(input));
      for (const { id } of btf?.types ?? []) {
        btf?.resolve(id);
        btf?.sizeOf(id);
        btf?.nameOf(id);
      }
    },
    weight: 8,
  },
  frame: { inputs: mutated(FRAMES), run: input => void decodeFrame(input), weight: 8 },
  pcap: { inputs: mutated(CAPTURES), run: readCapture, weight: 8 },
  bzimage: { inputs: mutated([bzImage()]), run: readImage, weight: 8 },
  'kernel-names': {
    inputs: fc.oneof(
      mutated(texts('6.12.74+deb13-amd64 (a@b) #1 SMP Debian 6.12.74-2', '1:6.12~rc1-1')),
      anyText,
    ),
    run: readKernelNames,
    weight: 8,
  },
  proc: { inputs: fc.oneof(mutated(PROC_TEXTS), anyText), run: readProcTexts, weight: 8 },
  'verifier-log': { inputs: fc.oneof(mutated(VERIFIER_LOGS), anyText), run: readVerifierLog, weight: 8 },
  console: { inputs: fc.oneof(mutated(LOG_LINES), anyText), run: readLog, weight: 8 },
  agent: { inputs: fc.oneof(mutated(AGENT_LINES), anyJson), run: readAgentLines, weight: 4 },
  qmp: { inputs: fc.oneof(mutated(QMP_LINES), anyJson), run: readQmpLines, weight: 1 },
  lines: { inputs: fc.oneof(mutated([...QMP_LINES, ...AGENT_LINES]), anyText), run: readInParts, weight: 8 },
  arrivals: {
    inputs: fc.oneof(mutated(texts('0100000028230040', '')), anyText),
    run: input => void summariseArrivals([{ cpu: 0, log: input.toString(), lost: 0 }], [], 'little'),
    weight: 8,
  },
  'changed-frames': {
    inputs: fc.oneof(mutated(texts('00'.repeat(784), '')), anyText),
    run: input => void changedFrames([{ changed: input.toString() }], input.toString(), 'little'),
    weight: 8,
  },
  'described-frames': {
    inputs: fc.oneof(mutated(texts('0b5087f5983465360100000000000000', '')), anyText),
    run: input => void compareDescribed(new Map(), input.toString(), 'little'),
    weight: 8,
  },
  run: {
    inputs: changedRuns(RUNS),
    run: readRun,
    weight: 1,
  },
  'load-report': {
    inputs: fc.oneof(mutated(files(join(HERE, 'load'), /\.json$/)), anyJson),
    run: readLoad,
    weight: 1,
  },
  'exit-code': { inputs: changedRuns([...RUNS, ...NEARLY_GREEN]), run: readExitCode, weight: 8 },
  'red-run': { inputs: changedRuns(RED_RUNS), run: readChangedRed, weight: 8 },
  durations: {
    inputs: fc.oneof(mutated(texts('{"a@6.12":1200,"b@7.3":3}')), anyJson),
    run: input =>
      asFile(input, 'durations.json', path => void Durations.load(join(path, '..')).get('a@6.12')),
    weight: 1,
  },
} as const satisfies Record<string, FuzzTarget>;

/** Name of a parser. */
export type FuzzTargetName = keyof typeof FUZZ_TARGETS;

/** BTF's reader says what is wrong by RangeError, which the reader of objects turns into an error of bpfrig's. */
function safely<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
