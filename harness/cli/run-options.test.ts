import t from 'tap';
import { collectVariant } from './run-options.ts';

t.test('--variant: one value, several with commas as an id has them, and what is neither', async t => {
  t.strictSame(collectVariant('nic=veth', {}), { nic: ['veth'] });
  t.strictSame(collectVariant('nic=virtio', { nic: ['veth'] }), { nic: ['veth', 'virtio'] });
  t.strictSame(collectVariant('nic=veth,mode=native', {}), { nic: ['veth'], mode: ['native'] });
  t.strictSame(collectVariant('device=rx.5 vlan,x', {}), { device: ['rx.5 vlan,x'] }, 'a comma of a value');
  for (const text of ['nic', '=veth', 'nic=a=b', 'nic=veth,mode=a=b'])
    t.throws(() => collectVariant(text, {}), { message: /must be AXIS=VALUE/ }, text);
});
