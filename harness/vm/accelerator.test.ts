import t from 'tap';
import { chooseAccelerator, type AcceleratorChoice } from './accelerator.ts';

const rows: readonly [string, AcceleratorChoice, string, boolean, 'kvm' | 'tcg' | 'usage'][] = [
  ['auto with vmx and a device', 'auto', 'fpu vmx', true, 'kvm'],
  ['auto with svm and a device', 'auto', 'fpu svm', true, 'kvm'],
  ['auto with vmx, no device', 'auto', 'fpu vmx', false, 'tcg'],
  ['auto with a device that has nothing behind it', 'auto', 'fpu', true, 'tcg'],
  ['tcg asked for where KVM is', 'tcg', 'fpu vmx', true, 'tcg'],
  ['kvm asked for and there', 'kvm', 'fpu vmx', true, 'kvm'],
  ['kvm asked for without the flag', 'kvm', 'fpu', true, 'usage'],
  ['kvm asked for without the device', 'kvm', 'fpu svm', false, 'usage'],
];

for (const [name, choice, flags, opens, expected] of rows) {
  t.test(name, async t => {
    const choose = () =>
      chooseAccelerator(choice, { cpuFlags: new Set(flags.split(' ')), kvmOpens: () => opens });
    if (expected === 'usage') t.throws(choose, { code: 'usage' });
    else t.match(choose(), { accel: expected, reason: /\w/ });
  });
}

t.test('without the CPU flag the device is not even opened', async t => {
  const kvmOpens = (): boolean => {
    t.fail('opened /dev/kvm');
    return true;
  };
  t.equal(chooseAccelerator('auto', { cpuFlags: new Set(['fpu']), kvmOpens }).accel, 'tcg');
});
