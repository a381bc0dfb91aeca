import t from 'tap';
import { classifyLoss, type LossFacts, type LossKind } from './failure.ts';

const KILLED = { exitCode: null, signal: 'SIGKILL', stderr: '' };
const EXITED = { exitCode: 0, signal: null, stderr: '' };

const rows: readonly [string, Omit<LossFacts, 'complaint'>, LossKind, RegExp][] = [
  [
    'a panic seen as a lost connection',
    { sign: 'channel-closed', panicked: true, end: EXITED },
    'panic',
    /panicked/,
  ],
  ['a panic seen as silence', { sign: 'no-heartbeat', panicked: true, end: null }, 'panic', /panicked/],
  ['a panic at boot', { sign: 'boot-timeout', panicked: true, end: EXITED }, 'panic', /panicked/],
  ['a killed QEMU', { sign: 'channel-closed', panicked: false, end: KILLED }, 'infra', /SIGKILL/],
  [
    'a QEMU that gave up',
    { sign: 'qemu-exit', panicked: false, end: { exitCode: 1, signal: null, stderr: 'no space' } },
    'infra',
    /no space/,
  ],
  ['a stopped QEMU', { sign: 'no-heartbeat', panicked: false, end: null }, 'hang', /heartbeat/],
  [
    'an answer that never came',
    { sign: 'no-answer', op: 'probes', panicked: false, end: null },
    'hang',
    /probes was not answered/,
  ],
  ['a dead agent', { sign: 'channel-closed', panicked: false, end: null }, 'infra', /agent .*died/],
  ['a boot that gets nowhere', { sign: 'boot-timeout', panicked: false, end: null }, 'hang', /come up/],
];

for (const [name, facts, kind, message] of rows) {
  t.match(classifyLoss({ ...facts, complaint: null }), { kind, message }, name);
}

t.equal(
  classifyLoss({ sign: 'channel-closed', panicked: true, complaint: 'kernel BUG at x.c:1!', end: null })
    .message,
  'the kernel panicked: kernel BUG at x.c:1!',
);
