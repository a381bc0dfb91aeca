import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { testFrame } from '../guest/frame.ts';
import { encodeSource, sentFrames } from '../guest/sent-frames.ts';
import { OPS, type OpAnswer, type OpArgs, type OpName } from '../guest/protocol.ts';
import type { RunningGuest } from '../guest/running-guest.ts';
import { SshSession } from '../guest/ssh.ts';
import { buildOwnObject } from '../image/build.ts';
import { cacheRoot } from '../util/paths.ts';
import { withGuest } from './guest.fixture.ts';
import { WITNESS_EVENTS } from '../oracle/subjects.ts';

// The protocol and the channel, with the real agent in real guests.

// Guests have time limits of their own.
t.setTimeout(0);

/** Calls an op and checks that its answer has exactly the fields that protocol.ts declares. */
function checker(t: Test, guest: RunningGuest, called: Set<OpName>) {
  return async <N extends OpName>(op: N, args: OpArgs<N>): Promise<OpAnswer<N>> => {
    called.add(op);
    const answer = await guest.call(op, args);
    const parsed = OPS[op].answer.safeParse(answer);
    t.ok(parsed.success, `${op}: ${parsed.error?.message ?? 'as declared'}`);
    t.strictSame(parsed.data, answer, `${op}: no field that is not declared`);
    return answer;
  };
}

for (const kernel of ['5.10', '7.3']) {
  t.test(`the answers of the agent are what protocol.ts declares, on ${kernel}`, async t => {
    await withGuest(t, kernel, async guest => {
      const called = new Set<OpName>();
      const call = checker(t, guest, called);
      await callEverything(kernel, call);
      const rest = Object.keys(OPS).filter(op => !called.has(op as OpName));
      const absent = kernel === '5.10' ? ['map_take'] : [];
      // `hello` began this session, `renew` was called by the clone, `keep` would be for good.
      t.same(rest.toSorted(), ['hello', 'keep', ...absent, 'renew'], 'every other op was called');
      t.strictSame(OPS.hello.answer.parse(guest.hello), guest.hello);
    });
  });
}

/** Every op once; the order is that of a cell. */
async function callEverything(
  kernel: string,
  call: <N extends OpName>(op: N, args: OpArgs<N>) => Promise<OpAnswer<N>>,
): Promise<void> {
  await call('probes', {});
  const { id } = await call('map_create', {
    name: 'cpus',
    type: 'cpumap',
    key_size: 4,
    value_size: 8,
    max_entries: 4,
  });
  await call('cpumap_update', { map: 'cpus', key: 1, qsize: 64 });
  await call('map_update', { map: 'cpus', key: '02000000', value: '4000000000000000' });
  await call('map_lookup', { map: 'cpus', key: '01000000' });
  await call('map_next_key', { map: 'cpus' });
  await call('map_delete', { map: 'cpus', key: '02000000' });
  await call('map_info', { map: 'cpus' });
  await call('id_exists', { kind: 'map', object: id });
  await call('map_create', { name: 'hash', type: 'hash', key_size: 4, value_size: 8, max_entries: 4 });
  await call('map_batch', { map: 'hash', what: 'update', count: 2 });
  // A hash map has it since 5.14.
  if (kernel !== '5.10') await call('map_take', { map: 'hash', key: '00000000' });
  await call('map_dump', { map: 'hash', max: 8 });
  await call('map_create', {
    name: 'ring',
    type: 'ringbuf',
    key_size: 0,
    value_size: 0,
    max_entries: 4096,
  });
  await call('map_create', { name: 'socks', type: 'sockmap', key_size: 4, value_size: 8, max_entries: 4 });
  await call('map_socket', { map: 'socks', key: '00000000', kind: 'udp' });
  await call('xsk_open', { name: 'xsk', dev: 'tx', flags: 2, tx: 64 });
  await call('xsk_start', { name: 'xsk' });
  await call('xsk_fill', { name: 'xsk', count: 1 });
  await call('xsk_receive', { name: 'xsk', count: 1, within: 0 });
  await call('xsk_send', { name: 'xsk', dev: 'tx', count: 2 });
  await call('xsk_read', { name: 'xsk' });
  await call('xsk_frames', { name: 'xsk' });
  await call('xsk_close', { name: 'xsk' });
  await call('events_start', { map: 'ring' });
  await call('events_read', { map: 'ring' });
  await call('object_load', { object: '/bpf/stock.bpf.o', name: 'stock', programs: ['xdp_pass'] });
  await call('load', { object: '/bpf/stock.bpf.o', program: 'xdp_pass', name: 'pass' });
  await call('prog_info', { program: 'pass' });
  const stock = readFileSync(
    await buildOwnObject('stock.bpf.c', { arch: 'amd64', cacheDir: cacheRoot() }),
    'base64',
  );
  await call('verify_object', { object_data: stock });
  await call('verify', { program: 'xdp_pass', maps: [], slots: [], log_bytes: 4096 });
  await call('test_run', { program: 'pass', data: testFrame(64, 0).toString('hex') });
  await call('actions_start', { program: 'pass' });
  await call('attach', { program: 'pass', dev: 'rx', mode: 'native' });
  await call('observers_reset', {});
  await call('witness_start', { events: WITNESS_EVENTS });
  const traffic = { dev: 'tx', count: 10, src_ip: '198.18.0.1', dst_ip: '198.18.1.1' };
  await call('pktgen', traffic);
  await call('send', traffic);
  await call('udp', traffic);
  await call('capture_start', { dev: 'rx', max: 4 });
  await call('tcp_listen', { ip: '127.0.0.1', port: 5001 });
  const local = { dev: 'lo', src_ip: '127.0.0.1', dst_ip: '127.0.0.1' };
  await call('tcp_connect', { ...local, port: 5001, bytes: 1000 });
  await call('tcp_close', { port: 5001 });
  await call('ping', { ...local, count: 2 });
  await call('capture_read', { dev: 'rx' });
  await call('capture_stop', { dev: 'rx' });
  await call('send_frames', { dev: 'tx', frames: [testFrame(64, 0).toString('hex')], count: 2 });
  await call('actions_read', { program: 'pass' });
  await call('stack_start', { dev: 'rx' });
  const frames = sentFrames({ source: 'packet', on: 'tx', count: 10, size: 64 }, []);
  const source = encodeSource(frames, 10, { first: 0, count: 10 }, 'little');
  await call('stack_source', { dev: 'rx', slot: 0, source });
  await call('stack_read', { dev: 'rx' });
  await call('stack_log', { dev: 'rx' });
  await call('stack_seen', { dev: 'rx' });
  await call('stack_describe', { dev: 'rx', hashes: '0b5087f598346536', kinds: 1 });
  await call('stack_described', { dev: 'rx' });
  await call('stack_changed', { dev: 'rx' });
  await call('observers_read', {});
  await call('witness_read', {});
  await call('witness_stop', {});
  await call('observers_stop', {});
  await call('observers_hollow', {});
  await call('observers_start', {});
  await call('netdev', { dev: 'rx' });
  await call('detach', { dev: 'rx', mode: 'native' });
  await call('link_attach', { name: 'link', kind: 'xdp', program: 'pass', dev: 'rx', mode: 'generic' });
  await call('link_update', { name: 'link', program: 'pass' });
  await call('link_detach', { name: 'link' });
  await call('close', { program: 'pass' });
  await call('kthreads', { prefix: 'cpumap/' });
  await call('sched', { pid: 2, policy: 'other' });
  await call('hog', { cpu: 1, on: true });
  await call('hog', { cpu: 1, on: false });
  await call('kmsg', { since: 0 });
  await call('read_file', { path: '/proc/net/snmp' });
  await call('write_file', { path: '/tmp/a', data: 'b' });
  await call('read_bytes', { path: '/tmp/a', offset: 0 });
  await call('exec', { argv: ['busybox', 'true'] });
  const { running } = await call('exec_start', { argv: ['busybox', 'sleep', '1'] });
  await call('exec_more', { running });
  await call('rlimit', { memlock: 2 ** 40 });
  await call('batch', { requests: [{ op: 'kmsg' }] });
}

t.test('a run of pktgen waits until the thread of the run before has removed its devices', async t => {
  await withGuest(t, '7.3', async guest => {
    const traffic = { dev: 'tx', count: 10, src_ip: '198.18.0.1', dst_ip: '198.18.1.1', cpu: 1 } as const;
    await guest.call('pktgen', traffic);
    // kpktgend_1 does not run: the kernel says after an eighth of a second that the devices are gone, and they are not.
    await guest.call('hog', { cpu: 1, on: true });
    const second = guest.call('pktgen', traffic, { background: true });
    // A refusal is that of `second` below.
    await Promise.race([second.catch(() => undefined), sleep(1_000)]);
    const { data } = await guest.call('read_file', { path: '/proc/net/pktgen/kpktgend_1' });
    t.match(data, 'tx@1', 'the thread still has the device');
    await guest.call('hog', { cpu: 1, on: false });
    t.equal((await second).sent, 10);
  });
});

t.test('no TCP port of the host is open for a guest until ssh is asked for, which then works', async t => {
  await withGuest(t, '7.3', async guest => {
    t.same(listening(guest.vm.pid), []);
    const target = await guest.openSsh();
    t.same(listening(guest.vm.pid), [target.port]);
    using session = await SshSession.connect(target, 30_000);
    const shell = await session.shell({ term: 'vt100', rows: 24, cols: 80 });
    shell.write('echo $((6 * 7))done; exit\n');
    let text = '';
    for await (const chunk of shell) text += String(chunk);
    t.match(text, '42done');
    t.equal(await guest.openSsh(), target, 'it is started once');
    t.match(
      await guest.call('read_file', { path: '/proc/uptime' }),
      { data: /\d/ },
      'the agent is there as before',
    );
  });
});

/** TCP ports of the host that a process listens on: /proc/net/tcp and tcp6, by the inodes of its sockets. */
function listening(pid: number): number[] {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap(fd => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(join('/proc', String(pid), 'fd', fd)))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  const rows = ['tcp', 'tcp6'].flatMap(name =>
    readFileSync(`/proc/net/${name}`, 'utf8').split('\n').slice(1),
  );
  return rows.flatMap(row => {
    const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/);
    return state === '0A' && own.has(inode) ? [Number.parseInt(local.split(':')[1] ?? '', 16)] : [];
  });
}
