import t from 'tap';
import type { KernelCheck } from '../run/check-kernel.ts';
import { checkText } from './kernels-check.ts';

const GOOD: KernelCheck = {
  id: '6.12',
  spec: '6.12',
  arch: 'amd64',
  version: '6.12.117',
  release: '6.12.117-amd64',
  configured: true,
  obstacle: null,
  lacks: [],
  features: [],
  cells: 10,
  decided: [],
};

t.test('a row for each kernel, and what each lacks below', async t => {
  const text = checkText([
    GOOD,
    {
      ...GOOD,
      id: 'path:a',
      lacks: [
        { text: 'CONFIG_DEBUG_INFO_BTF=n', use: 'instead', purpose: 'x', without: 'observers are others' },
      ],
      features: [{ name: 'btf', options: ['CONFIG_DEBUG_INFO_BTF=n'] }],
      decided: [{ verdict: 'skip', reason: 'needs btf, and so on', cells: 2 }],
    },
    { ...GOOD, id: 'path:b', obstacle: 'kernel path:b cannot serve; missing: CONFIG_VETH=n' },
    { ...GOOD, id: 'path:c', configured: false },
    { id: 'path:d', spec: 'path:d', problem: 'no such file' },
  ]);
  t.equal(
    text,
    `kernel  version   configuration  cells          missing
6.12    6.12.117  known          10 run         nothing
path:a  6.12.117  known          8 run, 2 skip  CONFIG_DEBUG_INFO_BTF=n
path:b  6.12.117  known          none can run   nothing
path:c  6.12.117  not known      10 run         nothing that its modules show
path:d                                          unavailable: no such file

path:a
  CONFIG_DEBUG_INFO_BTF=n: observers are others
  CONFIG_DEBUG_INFO_BTF=n: \`requires: [btf]\` skips
  2 cells skip: needs btf, and so on

path:b
  kernel path:b cannot serve; missing: CONFIG_VETH=n

path:c
  its configuration is not next to it, nor in the image (CONFIG_IKCONFIG): a guest shows the rest`,
  );
});
