import { defineScenario } from 'bpfrig';

// A scenario that is computed. It has the keys of a YAML file, and an editor completes them.
const SIZES = [64, 128, 512, 1514];
const EACH = 100;

export default defineScenario({
  title: 'Frames of every size are delivered',
  source: 'spread.bpf.c',
  requires: ['cpumap-program'],
  objects: ['./spread.bpf.c'],
  axes: { nic: ['veth', 'virtio'] },
  setup: [
    { cpumap: { name: 'cpus', entries: { 1: { qsize: 2048 } } } },
    { attach: { program: 'spread', config: { first_cpu: 1, n_cpus: 1 }, to: 'rx', mode: 'native' } },
  ],
  traffic: SIZES.map(size => ({ frames: { count: EACH, size } })),
  expect: [`sent == ${SIZES.length * EACH}`, 'cpumap.cpu["1"].accepted == sent', 'stack.delivered == sent'],
});
