import { defineScenario } from 'bpfrig';

// A scenario that is computed. It has the keys of a YAML file, and an editor completes them.
const SIZES = [64, 128, 512, 1514];
const EACH = 100;
const BYTES = EACH * SIZES.reduce((sum, size) => sum + size, 0);

export default defineScenario({
  title: 'Blocked frames of every size are dropped, and their bytes are counted',
  source: 'firewall.bpf.c',
  objects: ['./firewall.bpf.c'],
  axes: { nic: ['veth', 'virtio'] },
  setup: [
    { load: { object: 'firewall' } },
    { fill: { map: 'blocklist', entries: [{ key: '198.18.0.1', value: 1 }] } },
    { attach: { program: 'filter', to: 'rx', mode: 'native' } },
  ],
  traffic: SIZES.map(size => ({ frames: { count: EACH, size } })),
  expect: [
    `sent == ${SIZES.length * EACH}`,
    'xdp.drop == sent',
    `maps.firewall.stats[1].sum().bytes == ${BYTES}`,
  ],
});
