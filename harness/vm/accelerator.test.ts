import t from 'tap';
import { architecture } from '../arch/architectures.ts';
import {
  chooseAccelerator,
  chooseForArch,
  repeatWords,
  type AcceleratorChoice,
  type AcceleratorFacts,
} from './accelerator.ts';

/** A machine that is wide enough for threads, with a QEMU that is new enough. */
function facts(own: Partial<AcceleratorFacts>): AcceleratorFacts {
  return { cpuFlags: new Set(['fpu']), kvmOpens: () => false, qemu: '10.0.2', cores: 8, jobs: 1, ...own };
}

const rows: readonly [string, AcceleratorChoice, string, boolean, 'kvm' | 'tcg' | 'usage'][] = [
  ['auto with vmx and a device', 'auto', 'fpu vmx', true, 'kvm'],
  ['auto with svm and a device', 'auto', 'fpu svm', true, 'kvm'],
  ['auto with vmx, no device', 'auto', 'fpu vmx', false, 'tcg'],
  ['auto with a device that has nothing behind it', 'auto', 'fpu', true, 'tcg'],
  ['tcg asked for where KVM is', 'tcg', 'fpu vmx', true, 'tcg'],
  ['turns asked for where KVM is', 'tcg,thread=single', 'fpu vmx', true, 'tcg'],
  ['kvm asked for and there', 'kvm', 'fpu vmx', true, 'kvm'],
  ['kvm asked for without the flag', 'kvm', 'fpu', true, 'usage'],
  ['kvm asked for without the device', 'kvm', 'fpu svm', false, 'usage'],
];

for (const [name, choice, flags, opens, expected] of rows) {
  t.test(name, async t => {
    const choose = () =>
      chooseAccelerator(choice, facts({ cpuFlags: new Set(flags.split(' ')), kvmOpens: () => opens }));
    if (expected === 'usage') t.throws(choose, { code: 'usage' });
    else t.match(choose(), { accel: expected, reason: /\w/ });
  });
}

t.test('KVM runs only guests of the host’s own architecture', async t => {
  const strong = facts({ cpuFlags: new Set(['vmx']), kvmOpens: () => true });
  const host = architecture('amd64');
  t.equal(chooseForArch('amd64', 'auto', strong, host).accel, 'kvm');
  t.match(chooseForArch('arm64', 'auto', strong, host), {
    accel: 'tcg',
    parallel: true,
    reason: /^a host of x86-64 emulates arm64; CPUs run side by side$/,
  });
  t.match(chooseForArch('arm64', 'tcg,thread=single', strong, host), { accel: 'tcg', parallel: false });
  t.throws(() => chooseForArch('arm64', 'kvm', strong, host), { code: 'usage', message: /emulates arm64/ });
  t.equal(chooseForArch('amd64', 'auto', strong, null).accel, 'tcg', 'a host that bpfrig has no guests of');
});

t.test('without the CPU flag the device is not even opened', async t => {
  const kvmOpens = (): boolean => {
    t.fail('opened /dev/kvm');
    return true;
  };
  t.equal(chooseAccelerator('auto', facts({ kvmOpens })).accel, 'tcg');
});

t.test('under KVM, CPUs run side by side whatever QEMU and the cores', async t => {
  const crowded = facts({
    cpuFlags: new Set(['vmx']),
    kvmOpens: () => true,
    qemu: '7.2.22',
    cores: 1,
    jobs: 4,
  });
  t.match(chooseAccelerator('kvm', crowded), { accel: 'kvm', parallel: true });
});

const threads: readonly [string, AcceleratorChoice, Partial<AcceleratorFacts>, boolean | 'usage', RegExp][] =
  [
    ['one cell on two cores', 'auto', { cores: 2, jobs: 1 }, true, /; CPUs run side by side$/],
    ['tcg alone says nothing of threads', 'tcg', { cores: 2, jobs: 1 }, true, /^asked for .*side by side$/],
    ['the first QEMU that can', 'auto', { qemu: '8.1.0' }, true, /side by side$/],
    [
      'the last QEMU that cannot',
      'auto',
      { qemu: '8.0.5' },
      false,
      /take turns, QEMU 8\.0\.5 is older than 8\.1$/,
    ],
    ['an old QEMU with a higher minor', 'auto', { qemu: '7.2.22' }, false, /older/],
    ['a cell a core', 'auto', { cores: 2, jobs: 2 }, false, /take turns, with --jobs 2 on 2 cores$/],
    ['one core', 'auto', { cores: 1, jobs: 1 }, false, /with --jobs 1 on 1 core$/],
    ['turns as asked for', 'tcg,thread=single', {}, false, /take turns, as asked for$/],
    ['threads as asked for', 'tcg,thread=multi', { cores: 1, jobs: 4 }, true, /side by side$/],
    ['threads that QEMU cannot do', 'tcg,thread=multi', { qemu: '7.2.22' }, 'usage', /7\.2\.22/],
  ];

for (const [name, choice, own, expected, text] of threads) {
  t.test(`CPUs of an emulated guest: ${name}`, async t => {
    const choose = () => chooseAccelerator(choice, facts(own));
    if (expected === 'usage') t.throws(choose, { code: 'usage', message: text });
    else t.match(choose(), { accel: 'tcg', parallel: expected, reason: text });
  });
}

t.test('a cell is repeated as it ran', async t => {
  const words = (choice: AcceleratorChoice, own: Partial<AcceleratorFacts>) =>
    repeatWords(chooseAccelerator(choice, facts(own)), facts(own)).join(' ');
  t.equal(words('auto', { cores: 2, jobs: 1 }), '');
  t.equal(words('auto', { cores: 2, jobs: 2 }), '--accel tcg,thread=single');
  t.equal(words('auto', { cores: 2, jobs: 2, qemu: '7.2.22' }), '', 'alone it takes turns too');
  t.equal(words('tcg,thread=multi', { cores: 1, jobs: 1 }), '--accel tcg,thread=multi');
  const kvm = { cpuFlags: new Set(['vmx']), kvmOpens: () => true };
  t.equal(words('auto', kvm), '');
  t.equal(words('tcg', kvm), '--accel tcg,thread=multi');
});
