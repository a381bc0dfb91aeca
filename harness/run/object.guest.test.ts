import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { AgentError } from '../guest/agent-error.ts';
import { testFrame } from '../guest/frame.ts';
import type { RunningGuest } from '../guest/running-guest.ts';
import { withGuest } from './guest.fixture.ts';

// Whole objects, dumps of maps and records, by the agent's ops in real guests. What the steps make of them is in scenarios/object/.

// Guests have time limits of their own.
t.setTimeout(0);

const HEAD = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
`;

const RECORDS = `${HEAD}
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 262144); } ring SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4); __uint(value_size, 4); } perf SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 100); __type(key, __u32); __type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME); } pinned SEC(".maps");
__u32 number;
SEC("xdp") int write(struct xdp_md *ctx)
{
	__u64 key = number++, value = key * 3;

	bpf_ringbuf_output(&ring, &value, sizeof(value), BPF_RB_NO_WAKEUP);
	bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &value, sizeof(value));
	bpf_map_update_elem(&pinned, &number, &value, BPF_ANY);
	return XDP_PASS;
}
`;

// Of a hash: that an array has an entry of a constant index, the verifier of 7.3 knows by itself.
const REFUSED = `${HEAD}
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1); __type(key, __u32); __type(value, __u32); } numbers SEC(".maps");
SEC("xdp") int good(struct xdp_md *ctx) { return XDP_PASS; }
SEC("xdp") int bad(struct xdp_md *ctx)
{
	__u32 key = 0, *value = bpf_map_lookup_elem(&numbers, &key);

	return *value;
}
`;

const NO_MAP = `${HEAD}
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __uint(key_size, 4); __uint(value_size, 4); __uint(map_flags, 0x40000000); } odd SEC(".maps");
SEC("xdp") int look(struct xdp_md *ctx) { __u32 key = 0; return bpf_map_lookup_elem(&odd, &key) ? XDP_DROP : XDP_PASS; }
`;

/** Compiles a source; returns the object in base64. */
function compiled(t: Test, text: string): string {
  const dir = t.testdir({ 'o.bpf.c': text });
  const out = join(dir, 'o.bpf.o');
  const includes = ['-I/usr/include/x86_64-linux-gnu'];
  execFileSync('clang', [
    '-O2',
    '-g',
    '-target',
    'bpf',
    '-mcpu=v2',
    ...includes,
    '-c',
    join(dir, 'o.bpf.c'),
    '-o',
    out,
  ]);
  return readFileSync(out).toString('base64');
}

async function failureOf(work: Promise<unknown>): Promise<AgentError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AgentError)) throw new Error('it was not refused', { cause: error });
  return error;
}

for (const kernel of ['5.10', '7.3'])
  t.test(`whole objects on ${kernel}`, async t => {
    await withGuest(t, kernel, async guest => {
      await t.test('a refusal names the program, with the verifier’s log, and leaves nothing', async t => {
        await refused(t, guest);
      });
      await t.test('records of a ring buffer and of a perf event array, entries, a pinned map', async t => {
        await recorded(t, guest);
      });
    });
  });

async function refused(t: Test, guest: RunningGuest): Promise<void> {
  const object_data = compiled(t, REFUSED);
  const { failure } = await failureOf(guest.call('object_load', { object_data, name: 'o' }));
  t.match(failure, { kind: 'kernel', errno: 'EACCES', where: 'bpf(BPF_PROG_LOAD)' });
  t.equal(failure.message, "loading program 'bad' of object 'o'");
  t.match(failure.log, /R\d invalid mem access 'map_value_or_null'/);
  const only = await guest.call('object_load', { object_data, name: 'o', programs: ['good'] });
  t.match(only.programs, [{ name: 'good', handle: 'o.good', type: 6 }], 'the names were free again');
  t.match(only.maps, [{ name: 'numbers', handle: 'o.numbers', internal: false }]);
  const map = await failureOf(guest.call('object_load', { object_data: compiled(t, NO_MAP), name: 'n' }));
  t.match(map.failure, {
    kind: 'kernel',
    where: 'bpf(BPF_MAP_CREATE)',
    message: "creating map 'odd' of object 'n'",
  });
  const wrong = await failureOf(guest.call('object_load', { object_data, name: 'w', programs: ['god'] }));
  t.match(wrong.failure, { kind: 'request', message: "programs: the object has no 'god'; it has: good bad" });
  const odd = await failureOf(guest.call('object_load', { object_data, name: 't', types: { good: 'xpd' } }));
  t.match(odd.failure, { kind: 'request', message: "types: the type 'xpd' is unknown" });
  const other = { object_data, name: 't', programs: ['good'], types: { good: 'sched_cls' } };
  t.match((await guest.call('object_load', other)).programs, [{ name: 'good', type: 3 }], 'another type');
}

async function recorded(t: Test, guest: RunningGuest): Promise<void> {
  const object_data = compiled(t, RECORDS);
  const { maps, programs } = await guest.call('object_load', { object_data, name: 'r' });
  t.same(maps.map(({ name }) => name).toSorted(), ['.bss', 'perf', 'pinned', 'ring']);
  const [program] = programs;
  t.match(program, { name: 'write', handle: 'r.write' });
  for (const map of ['r.ring', 'r.perf', 'r.ring']) await guest.call('events_start', { map });
  const data = testFrame(64, 0).toString('hex');
  await guest.call('test_run', { program: 'r.write', data, repeat: 300 });
  const hex = (n: number): string => Buffer.from(BigUint64Array.of(BigInt(n * 3)).buffer).toString('hex');
  const ring = await guest.call('events_read', { map: 'r.ring' });
  t.equal(ring.records.length, 300);
  t.same([ring.records[0], ring.records[299], ring.lost], [{ data: hex(0) }, { data: hex(299) }, 0]);
  t.same(await guest.call('events_read', { map: 'r.ring' }), { records: [], lost: 0 }, 'each is read once');
  const perf = await guest.call('events_read', { map: 'r.perf' });
  t.equal(perf.records.length + perf.lost, 300);
  t.ok(perf.records.every(({ cpu, data }) => cpu !== undefined && data.length >= 16));
  // They come CPU by CPU, and between two runs the kernel may move the task to another one (bpf_test_timer_continue).
  t.equal(perf.records.filter(({ data }) => data.startsWith(hex(0))).length, 1);
  const notOne = await failureOf(guest.call('events_start', { map: 'r.pinned' }));
  t.match(notOne.failure, { kind: 'request', message: /is no ring buffer and no perf event array/ });
  const all = await guest.call('map_dump', { map: 'r.pinned' });
  t.same([all.entries.length, all.more], [100, false]);
  t.match(await guest.call('map_dump', { map: 'r.pinned', max: 99 }), { more: true });
  t.equal((await guest.call('map_dump', { map: 'r.pinned', max: 100 })).more, false);
  const { stdout } = await guest.call('exec', { argv: ['/bin/busybox', 'ls', '/sys/fs/bpf'] });
  t.match(stdout, /^pinned$/m);
}
