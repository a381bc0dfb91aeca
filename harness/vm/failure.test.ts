import t from 'tap';
import { classifyLoss, type LossFacts, type LossKind } from './failure.ts';

const KILLED = { shutdown: null, process: { exitCode: null, signal: 'SIGKILL', stderr: '' } };
const REFUSED = { shutdown: null, process: { exitCode: 1, signal: null, stderr: 'starting\nno space' } };
const TERMINATED = { shutdown: 'host-signal', process: { exitCode: 0, signal: null, stderr: '' } };
const RESET = { shutdown: 'guest-reset', process: null };
const POWERED_OFF = { shutdown: 'guest-shutdown', process: null };

const PLAIN: LossFacts = {
  sign: 'channel-closed',
  panicked: false,
  complaint: null,
  agent: { oomKill: null, status: null },
  end: null,
  hostTrouble: null,
};
const OOM = 'Out of memory: Killed process 61 (bpfrig-agent) total-vm:1kB';
const WARNING = 'WARNING: CPU: 0 PID: 1 at net/core/dev.c:1';

const rows: readonly [string, Partial<LossFacts>, LossKind, RegExp][] = [
  ['a panic seen as a lost connection', { panicked: true, end: RESET }, 'panic', /^the kernel panicked$/],
  ['a panic seen as silence', { sign: 'no-heartbeat', panicked: true }, 'panic', /panicked/],
  ['a panic at boot', { sign: 'boot-timeout', panicked: true, end: RESET }, 'panic', /panicked/],
  [
    'a panic with its cause',
    { panicked: true, complaint: 'kernel BUG at x.c:1!' },
    'panic',
    /panicked: kernel BUG at x\.c:1!$/,
  ],
  ['a panic whose QEMU was killed then', { panicked: true, end: KILLED }, 'panic', /panicked/],
  ['a reset', { end: RESET }, 'panic', /^the guest reset itself without a panic/],
  ['a reset seen as silence', { sign: 'no-heartbeat', end: RESET }, 'panic', /reset itself/],
  [
    'a reset after a warning',
    { end: RESET, complaint: WARNING },
    'panic',
    /reset itself.*; before that: WARNING/,
  ],
  [
    'a reset and a QEMU that was killed then',
    { end: { ...RESET, process: KILLED.process } },
    'panic',
    /reset itself/,
  ],
  ['power off', { end: POWERED_OFF }, 'panic', /powered itself off/],
  [
    'a panic that only QEMU reported',
    { end: { shutdown: 'guest-panic', process: null } },
    'panic',
    /panicked/,
  ],
  ['a killed QEMU', { end: KILLED }, 'infra', /QEMU ended in mid-cell \(signal SIGKILL\)/],
  ['a QEMU that was asked to end', { end: TERMINATED }, 'infra', /exit code 0, host-signal/],
  ['a QEMU that gave up', { sign: 'qemu-exit', end: REFUSED }, 'infra', /exit code 1: no space/],
  ['a killed QEMU after a warning', { end: KILLED, complaint: WARNING }, 'infra', /SIGKILL/],
  [
    'an agent killed for its memory',
    { agent: { oomKill: OOM, status: 137 } },
    'fail',
    /OOM killer ended the agent: Out of memory/,
  ],
  [
    'an agent that died in an oops',
    { agent: { oomKill: null, status: 137 }, complaint: 'BUG: x' },
    'fail',
    /after the kernel complained: BUG: x/,
  ],
  [
    'an agent that crashed',
    { agent: { oomKill: null, status: 139 } },
    'error',
    /agent.* ended by itself \(signal 11\)/,
  ],
  ['an agent that gave up', { agent: { oomKill: null, status: 1 } }, 'error', /ended by itself \(status 1\)/],
  ['a channel that closed for no reason', {}, 'error', /does not say why/],
  ['a channel that closed with a stopped QEMU', { hostTrouble: 'QEMU is stopped' }, 'infra', /stopped/],
  ['no descriptor for the channel', { sign: 'no-channel', what: 'EMFILE' }, 'infra', /EMFILE/],
  ['an agent that talks garbage', { sign: 'bad-line', what: 'no JSON' }, 'error', /protocol: no JSON/],
  ['silence', { sign: 'no-heartbeat' }, 'hang', /heartbeat/],
  [
    'silence of a stopped QEMU',
    { sign: 'no-heartbeat', hostTrouble: 'QEMU is stopped' },
    'infra',
    /^QEMU is stopped$/,
  ],
  ['an answer that never came', { sign: 'no-answer', op: 'probes' }, 'hang', /probes was not answered/],
  ['a boot that gets nowhere', { sign: 'boot-timeout' }, 'hang', /come up/],
  [
    'a boot of a stopped QEMU',
    { sign: 'boot-timeout', hostTrouble: 'QEMU does not answer' },
    'infra',
    /does not answer/,
  ],
  ['a boot that halts', { sign: 'boot-halted' }, 'hang', /halted with interrupts off/],
];

for (const [name, facts, kind, message] of rows) {
  t.match(classifyLoss({ ...PLAIN, ...facts }), { kind, message }, name);
}
