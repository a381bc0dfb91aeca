import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { scenarioOf } from '../../oracle/made-up.fixture.ts';
import { buildFrame } from '../../packet/build.ts';
import { decodeFrame } from '../../packet/decode.ts';
import { ENDS } from '../../packet/layer.ts';
import { writePcap } from '../../packet/pcap.ts';
import { indexPrograms, ProgramIndex } from '../programs.ts';
import { StepContext, type StepGuest } from './context.ts';
import { runSteps } from './run-steps.ts';

type Request = Readonly<Record<string, unknown>> & { readonly op: string };

/** What steps ask of an agent that answers all the same, and their context. */
async function stepped(steps: string, answer: object, index = new ProgramIndex([]), reads = 'sent == 1') {
  const requests: Request[] = [];
  const guest = {
    hello: { cpus_possible: [0] },
    call: async (op: string, args: object) => {
      // What the classifier receives is not what these tests are about.
      if (!op.startsWith('stack_')) requests.push({ op, ...args });
      return op === 'load' ? { id: 1 } : answer;
    },
  } as unknown as StepGuest;
  const scenario = `title: t\nsource: s\ntopology: veth\ntraffic:\n${steps}\nexpect: ['sent == 1', ${JSON.stringify(reads)}]\n`;
  const [variant] = scenarioOf(scenario).variants;
  if (variant === undefined) throw new Error('no variant');
  const ctx = new StepContext(guest, index, 'veth');
  await runSteps(ctx, variant.traffic);
  return { requests, ctx };
}

t.test('the frames of a list go to the agent once, with how many are to be sent', async t => {
  const step = '  - packets: { on: rx, count: 7, gap_us: 5, frames: [{ ip: {}, udp: {} }, { arp: {} }] }';
  const { requests, ctx } = await stepped(step, { sent: 14, errors: 0, usec: 1 });
  const frames = [{ ip: {}, udp: {} }, { arp: {} }].map(one =>
    buildFrame(one, { ends: ENDS.rx }).toString('hex'),
  );
  t.match(requests, [{ op: 'send_frames', dev: 'rx', frames, count: 14, gap_us: 5 }]);
  t.match(ctx.sources, [{ source: 'packets', on: 'rx', requested: 14, sent: 14 }]);
});

t.test('what was sent before a frame that the kernel refuses counts', async t => {
  const refused = {
    kind: 'kernel',
    errno: 'EMSGSIZE',
    code: 90,
    where: 'send(AF_PACKET)',
    message: 'frame 1',
    log: null,
  };
  const step = '  - { packets: { frames: [{ arp: {} }, { ip: {} }] }, as: some }';
  const answer = { sent: 1, errors: 0, usec: 1, refused };
  const { ctx } = await stepped(step, answer, new ProgramIndex([]), 'some.errno == "EMSGSIZE"');
  t.match(ctx.sources, [{ source: 'packets', requested: 2, sent: 1, as: 'some' }]);
  t.match(ctx.results['some'], { errno: 'EMSGSIZE', where: 'send(AF_PACKET)' });
});

t.test('flows are frames of their own, no more than there are times', async t => {
  const frames = '[{ ip: {}, udp: { sport: 65535 } }, { arp: {} }, { ip: {}, inner: { ip6: {}, tcp: {} } }]';
  for (const { count, flows, ports } of [
    { count: 9, flows: 2, ports: [65_535, 9000, 0, 9001] },
    { count: 1, flows: 2, ports: [65_535, 9000] },
  ]) {
    const { requests } = await stepped(
      `  - packets: { count: ${count}, flows: ${flows}, frames: ${frames} }`,
      {},
    );
    const [request] = requests as unknown as { readonly frames: string[]; readonly count: number }[];
    const decoded = (request?.frames ?? []).map(hex => decodeFrame(Buffer.from(hex, 'hex')));
    const sources = decoded.flatMap(
      ({ udp, inner }) => portOf(udp) ?? portOf((inner as { tcp?: unknown } | undefined)?.tcp) ?? [],
    );
    t.same(sources, ports);
    t.ok(decoded.every(({ problem }) => problem === ''));
    t.equal(request?.count, count * 3);
  }
});

function portOf(layer: unknown): number | undefined {
  return (layer as { readonly sport: number } | undefined)?.sport;
}

t.test('the frames of a file, and more than a list may have', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'bpfrig-packets-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const data = buildFrame({ ip: {}, udp: {}, payload: { length: 1000 } });
  const frame = { data, length: data.length, ns: 0n };
  const path = join(folder, 'some.pcap');
  writeFileSync(path, writePcap([frame, frame]));
  const { requests } = await stepped(
    `  - packets: { frames: [{ pcap: ${path} }, { hex: "${'00'.repeat(14)}" }] }`,
    {},
  );
  t.match(requests, [{ frames: [data.toString('hex'), data.toString('hex'), '00'.repeat(14)], count: 3 }]);
  const large = `  - packets: { count: 1000, flows: 1000, frames: [{ ip: {}, udp: {}, size: 9000 }] }`;
  await t.rejects(stepped(large, {}), { code: 'scenario', message: /16384 frames and 4 MiB at most/ });
});

const OBJECT = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("xdp") int pass(struct xdp_md *ctx) { return ctx->data_end > ctx->data ? XDP_PASS : XDP_DROP; }
SEC("tc") int mark(struct __sk_buff *skb) { skb->mark++; return 0; }
SEC("raw_tp") int trace(__u64 *ctx) { return ctx[0]; }
char LICENSE[] SEC("license") = "GPL";
`;

t.test('test_run: what goes in, and what comes out', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'bpfrig-test-run-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const path = join(dir, 'some.bpf.c');
  writeFileSync(path, OBJECT);
  const index = await indexPrograms(
    { objects: [{ name: 'some', label: 'some.bpf.c', path, cflags: [], dir }] },
    { arch: 'amd64', cacheDir: join(dir, 'cache') },
  );
  const out = buildFrame({ ip6: {}, tcp: { flags: 'SA' } }).toString('hex');
  const answer = {
    retval: 2,
    duration_ns: 1,
    data_out: out,
    ctx_out: `0000000000000000${'06000000'}${'00'.repeat(180)}`,
  };
  const run = async (args: string, reads: string) => {
    const { requests, ctx } = await stepped(`  - { test_run: { ${args} }, as: ran }`, answer, index, reads);
    return { request: requests.at(-1), result: ctx.results['ran'] };
  };
  const data = 'ffffffffffff525400b9f0010806';
  const xdp = await run(`program: pass, data: "${data}", ctx: { rx_queue_index: 1 }`, 'ran.retval == 2');
  const word = (n: number): string => Buffer.from([n, 0, 0, 0]).toString('hex');
  t.match(xdp.request, { op: 'test_run', data, ctx: [0, 14, 0, 0, 1, 0].map(word).join(''), repeat: 1 });
  t.match(xdp.result, {
    retval: 2,
    data_out: out,
    packet: { layers: ['eth', 'ip6', 'tcp'], tcp: { flags: 'SA' } },
  });
  const tc = await run('program: mark, frame: { arp: {} }, ctx: { mark: 5 }', 'ran.ctx_out.mark == 6');
  t.match(tc.request, { data: buildFrame({ arp: {} }).toString('hex') });
  t.match(tc.result, { ctx_out: { mark: 6, priority: 0 } });
  const raw = await run('program: trace, ctx: [1, 2]', 'ran.retval == 2');
  t.match(raw.request, { ctx: '01000000000000000200000000000000', repeat: 0 });
  t.notOk(raw.request !== undefined && 'data' in raw.request, 'a tracing program has no packet');
  await t.rejects(run('program: mark, ctx: { marc: 5 }', 'ran.retval == 2'), {
    code: 'scenario',
    message: /`mark`/,
  });
  await t.rejects(run('program: trace, ctx: { mark: 5 }', 'ran.retval == 2'), {
    message: /takes no pointer to a struct/,
  });
});
