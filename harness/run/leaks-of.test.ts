import t from 'tap';
import { AgentError } from '../guest/agent-error.ts';
import { leaksOf } from './leaks-of.ts';

const REPORT = `unreferenced object 0xffff888104a3e100 (size 64):
  comm "bpfrig-agent", pid 77, jiffies 4294895431
  backtrace (crc 5c3ab4f1):
    cpu_map_alloc+0x1bc/0x9d0
`;

const EPERM = { kind: 'kernel', errno: 'EPERM', code: 1, where: 'write', message: 'no', log: null } as const;

function guest(name: string | null, kmemleak: 'available' | 'missing', report: string) {
  const calls: string[] = [];
  const call = async (op: string, { offset }: { readonly offset?: number }) => {
    calls.push(op);
    return op === 'read_bytes' ? { data: Buffer.from(report).subarray(offset).toString('hex') } : {};
  };
  const made = { name, ready: { probes: { kmemleak }, logStart: 0 }, call };
  return { made: made as unknown as Parameters<typeof leaksOf>[0]['guests'][number], calls };
}

async function search(...guests: ReturnType<typeof guest>[]) {
  const files: Record<string, string> = {};
  const artifacts = {
    write: (name: string, data: Uint8Array) => void (files[name] = Buffer.from(data).toString('utf8')),
    append: () => undefined,
  };
  const leaks = await leaksOf({ guests: guests.map(({ made }) => made) }, artifacts, 1);
  return { ...leaks, files };
}

t.test('a kernel without a detector is asked nothing', async t => {
  const one = guest(null, 'missing', REPORT);
  t.same(await search(one), { splats: [], off: [], detail: [], files: {} });
  t.same(one.calls, []);
});

t.test('a leak is a splat, its report an artifact, and its beginning the detail', async t => {
  const { splats, detail, files } = await search(
    guest(null, 'available', REPORT),
    guest('the generator', 'available', REPORT),
    guest(null, 'available', ''),
  );
  const line = 'kmemleak: 1 unreferenced object of size 64 allocated in cpu_map_alloc';
  t.same(splats, [line, `the generator: ${line}`]);
  t.same(files, { 'kmemleak.txt': REPORT, 'kmemleak-generator.txt': REPORT });
  t.match(detail, [/kmemleak\.txt/, /^unreferenced object/, /comm/, /backtrace/, /cpu_map_alloc/]);
});

t.test('a detector that has switched itself off has not searched, and that is said', async t => {
  const { made } = guest(null, 'available', REPORT);
  const refused = { ...made, call: () => Promise.reject(new AgentError('write_file', EPERM)) };
  const leaks = await leaksOf(
    { guests: [refused as typeof made] },
    { write: () => undefined, append: () => undefined },
    1,
  );
  t.match(leaks, { splats: [], off: [/switched itself off/] });
});
