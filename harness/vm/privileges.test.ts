import t from 'tap';
import { confine, mayUseKvm, privilegeFacts, qemuUser, type PrivilegeFacts } from './privileges.ts';

const ALL = (1n << 41n) - 1n;
const HOST: PrivilegeFacts = { uid: 0, capabilities: ALL, uidMap: '0 0 4294967295\n', kvm: null };
const NOBODY = { uid: 65534, gid: 65534, groups: [] };
const KVM_GROUP = { mode: 0o020660, gid: 105 };

const rows: readonly [string, Partial<PrivilegeFacts>, ReturnType<typeof qemuUser>][] = [
  ['root', {}, NOBODY],
  ['an ordinary user', { uid: 1000, capabilities: 0n }, null],
  ['an ordinary user with capabilities', { uid: 1000 }, null],
  ['root that may not become another user', { capabilities: ALL & ~(1n << 7n) }, null],
  ['root that may not signal another user', { capabilities: ALL & ~(1n << 5n) }, null],
  [
    'an ordinary user that is root in a namespace of one user',
    { uidMap: '         0       1000          1\n' },
    null,
  ],
  ['root of a container', { uidMap: '0 100000 65536' }, NOBODY],
  ['root of a container in parts', { uidMap: '0 1000 1\n1 100000 65535' }, NOBODY],
  ['root, with a group for KVM', { kvm: KVM_GROUP }, { ...NOBODY, groups: [105] }],
  ['root, with KVM for root', { kvm: { mode: 0o020660, gid: 0 } }, NOBODY],
  ['root, with KVM for root and no group', { kvm: { mode: 0o020600, gid: 105 } }, NOBODY],
];

for (const [name, facts, user] of rows) t.same(qemuUser({ ...HOST, ...facts }), user, name);

t.test('KVM is for a QEMU that can open it', async t => {
  const user = qemuUser({ ...HOST, kvm: KVM_GROUP });
  t.ok(mayUseKvm(user, KVM_GROUP), 'by its group');
  t.ok(mayUseKvm(NOBODY, { mode: 0o020666, gid: 0 }), 'by everybody');
  t.notOk(mayUseKvm(NOBODY, { mode: 0o020600, gid: 0 }), 'by root alone');
  t.ok(mayUseKvm(null, { mode: 0o020600, gid: 0 }), 'by the user of bpfrig, who has just opened it');
});

t.test('QEMU is started with no more than it needs, always', async t => {
  const kvmUser = { ...NOBODY, groups: [105] };
  for (const user of [null, NOBODY, kvmUser])
    for (const accel of ['tcg', 'kvm'] as const) {
      const words = confine(user, accel, 1_000).join(' ');
      t.match(
        words,
        /^env --ignore-signal=XFSZ prlimit --core=0 --fsize=1000 setpriv .*--no-new-privs --pdeathsig KILL$/,
      );
      t.equal(words.includes('--reuid=65534 --regid=65534 --'), user !== null);
      t.equal(words.includes('--groups=105'), user === kvmUser && accel === 'kvm');
      t.equal(words.includes('--clear-groups'), user !== null && !words.includes('--groups'));
    }
});

t.test('the facts of this process', async t => {
  const { uid, capabilities, uidMap } = privilegeFacts();
  t.equal(uid, process.geteuid?.());
  t.equal(capabilities > 0n, uid === 0);
  t.match(uidMap, /^\s*\d+\s+\d+\s+\d+/);
});
