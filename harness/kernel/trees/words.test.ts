import { join } from 'node:path';
import t from 'tap';
import { fragmentNames, parseTree, variantWords } from './words.ts';

t.test('the variant of a tree', async t => {
  const dir = t.testdir({ 'my.config': '', 'a+b': {} });
  const parse = (rest: string) => parseTree(`tree:${rest}`, rest, dir);
  t.strictSame(parse('linux'), { dir: join(dir, 'linux'), variant: null });
  t.strictSame(parse('a+b'), { dir: join(dir, 'a+b'), variant: null }, 'a folder of that name');
  t.strictSame(parse('linux+kasan,lockdep'), {
    dir: join(dir, 'linux'),
    variant: { fragments: ['kasan', 'lockdep'], measured: [] },
  });
  t.strictSame(parse('a+b+kasan').dir, join(dir, 'a+b'), 'the last + is that of the variant');
  const both = parse('linux+gcov=kernel/bpf/cpumap.c,./my.config,gcov=net/core/dev.c,kasan,kasan').variant;
  t.strictSame(both, {
    fragments: [join(dir, 'my.config'), 'kasan'],
    measured: ['kernel/bpf/cpumap.c', 'net/core/dev.c'],
  });
  t.equal(variantWords(both ?? { fragments: [], measured: [] }), 'my.config,kasan,gcov=cpumap.c,gcov=dev.c');
});

t.test('what is no variant is named with what there is', async t => {
  const refused = (rest: string, message: RegExp) =>
    t.throws(() => parseTree(`tree:${rest}`, rest, '/home'), { code: 'usage', message });
  refused(
    'linux+kassan',
    /no variant "kassan", did you mean `kasan`\?; variants of a tree are .*gcov=SOURCE\.c/,
  );
  refused('linux+', /nothing after "\+"/);
  refused('linux+gcov', /no variant "gcov"/);
  refused('linux+gcov=kernel/bpf', /gcov= needs a C source of the tree/);
  refused('linux+gcov=../x.c', /gcov= needs a C source/);
  refused('linux+gcov=/x.c', /gcov= needs a C source/);
  refused('linux+no.config', /no fragment of configuration at \/home\/no\.config/);
  t.strictSame(fragmentNames(), ['fault', 'guest', 'kasan', 'kmemleak', 'lockdep', 'ubsan']);
});
