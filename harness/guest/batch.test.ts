import t from 'tap';
import { AgentError } from './agent-error.ts';
import { callBatch } from './batch.ts';
import { request, type AgentCaller } from './protocol.ts';

const NETDEV = { ifindex: 3, mac: '52:54:00:00:00:01', stats: {}, ethtool: {} };

/** An agent that answers a batch with these answers, and keeps what it was asked. */
function agent(answers: readonly unknown[]): AgentCaller & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const call: unknown = async (op: string, args: unknown) => {
    asked.push([op, args]);
    return { answers };
  };
  return { asked, call: call as AgentCaller['call'] };
}

t.test('answers come in the shape of the requests, which are sent in their order', async t => {
  const guest = agent([{ ok: { aborted: 1 } }, { ok: { rows: [] } }, { ok: { data: 'text' } }]);
  const answers: unknown = await callBatch(guest, {
    before: [],
    now: {
      actions: { p: request('actions_read', { program: 'p' }) },
      logs: [request('stack_log', { dev: 'rx' })],
    },
    last: request('read_file', { path: '/proc/net/snmp' }),
  });
  t.strictSame(answers, {
    before: [],
    now: { actions: { p: { aborted: 1 } }, logs: [{ rows: [] }] },
    last: { data: 'text' },
  });
  const requests = [
    { op: 'actions_read', program: 'p' },
    { op: 'stack_log', dev: 'rx' },
    { op: 'read_file', path: '/proc/net/snmp' },
  ];
  t.strictSame(guest.asked, [['batch', { requests }]]);
});

t.test('no requests are no round trip', async t => {
  const guest = agent([]);
  t.strictSame(await callBatch(guest, { rows: [] }), { rows: [] });
  t.strictSame(guest.asked, []);
});

t.test('the first request that failed is thrown, with its op', async t => {
  const error = { kind: 'kernel', errno: 'ENODEV', code: 19, where: 'ioctl()', message: 'no', log: null };
  const requests = [request('netdev', { dev: 'tx' }), request('netdev', { dev: 'rx' })];
  const thrown: unknown = await callBatch(agent([{ ok: NETDEV }, { error }]), requests).catch(
    (e: unknown) => e,
  );
  t.ok(thrown instanceof AgentError);
  t.match(thrown, { message: 'netdev: ioctl(): ENODEV: no' });
});

t.test('an answer that is missing is the fault of the agent', async t => {
  const requests = [request('netdev', { dev: 'tx' }), request('netdev', { dev: 'rx' })];
  await t.rejects(callBatch(agent([{ ok: NETDEV }]), requests), {
    code: 'agent',
    message: 'batch: 1 answers to 2 requests',
  });
});
