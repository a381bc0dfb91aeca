import t from 'tap';
import { anchorOf, cellAnchors } from './anchors.ts';

t.test('an anchor is readable and needs no escapes', async t => {
  for (const [id, anchor] of [
    [
      'cpumap/redirect/one-cpu[nic=veth,mode=native]@6.12',
      'cpumap/redirect/one-cpu/nic=veth,mode=native@6.12',
    ],
    ['object/load@path:build/vmlinux', 'object/load@path_build/vmlinux'],
    [`odd/it's "<q>" & #1 \\ 🐝|\`x\`@6.1`, 'odd/it_s___q______1______x_@6.1'],
    ['a?b#c%d@6.1', 'a_b_c_d@6.1'],
  ] as const) {
    t.equal(anchorOf(id), anchor);
    t.equal(new URL(`file:///x#${anchor}`).hash, `#${anchor}`);
  }
});

t.test('two cells never share an anchor', async t => {
  const ids = ['a b@6.1', 'a_b@6.1', 'a?b@6.1', 'a[x=1]@6.1', 'a/x=1@6.1'];
  const anchors = cellAnchors(ids.map(id => ({ id })));
  t.equal(new Set(anchors.values()).size, ids.length);
  t.equal(anchors.get('a b@6.1'), 'a_b@6.1');
  t.equal(anchors.get('a_b@6.1'), 'a_b@6.1~2');
});
