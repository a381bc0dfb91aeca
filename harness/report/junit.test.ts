import t from 'tap';
import { goldenEvents, reportOf } from './golden.ts';
import { createJunitReporter } from './junit.ts';
import { xmlAttribute, xmlText } from './xml.ts';

interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Element[];
}

// As much of an XML parser as can tell that this document is one: every tag closed by its own, no markup in text.
function parseXml(xml: string): Element {
  const root: Element = { name: '', attributes: new Map(), children: [] };
  const open = [root];
  for (const [, tag, text] of xml.replace(/^<\?xml [^>]*\?>/, '').matchAll(/<([^<>]*)>|([^<>]+|[<>])/g)) {
    if (text !== undefined) {
      if (/[<>]|&(?!(?:amp|lt|gt|quot|apos|#\d+);)/.test(text)) throw new Error(`markup in text: ${text}`);
      continue;
    }
    const [, close, name, attributes, empty] =
      /^(\/?)([\w-]+)((?: [\w-]+="[^"]*")*)(\/?)$/.exec(tag ?? '') ?? [];
    if (name === undefined) throw new Error(`not a tag: ${tag}`);
    if (close === '/') {
      if (open.pop()?.name !== name) throw new Error(`closed out of order: ${name}`);
      continue;
    }
    const pairs = [...(attributes ?? '').matchAll(/ ([\w-]+)="([^"]*)"/g)].map(
      m => [m[1] ?? '', m[2] ?? ''] as const,
    );
    const element: Element = { name, attributes: new Map(pairs), children: [] };
    open.at(-1)?.children.push(element);
    if (empty !== '/') open.push(element);
  }
  if (open.length !== 1) throw new Error('not closed');
  return root.children[0] ?? root;
}

// Of junit-10.xsd: which elements and attributes there are.
const MODEL: Record<string, { children: string[]; attributes: string[] }> = {
  testsuites: { children: ['testsuite'], attributes: ['name', 'time', 'tests', 'failures', 'errors'] },
  testsuite: {
    children: ['properties', 'testcase'],
    attributes: ['name', 'tests', 'failures', 'errors', 'skipped', 'time', 'timestamp', 'id'],
  },
  properties: { children: ['property'], attributes: [] },
  property: { children: [], attributes: ['name', 'value'] },
  testcase: {
    children: ['skipped', 'error', 'failure', 'system-out'],
    attributes: ['name', 'classname', 'time'],
  },
  skipped: { children: [], attributes: ['type', 'message'] },
  error: { children: [], attributes: ['type', 'message'] },
  failure: { children: [], attributes: ['type', 'message'] },
  'system-out': { children: [], attributes: [] },
};

function offences(element: Element): string[] {
  const model = MODEL[element.name];
  if (model === undefined) return [`element ${element.name}`];
  return [
    ...[...element.attributes.keys()]
      .filter(a => !model.attributes.includes(a))
      .map(a => `${element.name} ${a}=`),
    ...element.children.filter(c => !model.children.includes(c.name)).map(c => `${element.name} > ${c.name}`),
    ...element.children.flatMap(offences),
  ];
}

for (const run of ['full', 'cut', 'empty', 'one'] as const) {
  t.test(`run ${run} is well-formed, and its counts are those of its cases`, async t => {
    const root = parseXml(reportOf(createJunitReporter(), goldenEvents(run)));
    t.same(offences(root), []);
    for (const suite of root.children) {
      const cases = suite.children.filter(c => c.name === 'testcase');
      const having = (name: string): string =>
        String(cases.filter(c => c.children.some(x => x.name === name)).length);
      t.equal(suite.attributes.get('tests'), String(cases.length));
      t.equal(suite.attributes.get('failures'), having('failure'));
      t.equal(suite.attributes.get('errors'), having('error'));
      t.equal(suite.attributes.get('skipped'), having('skipped'));
    }
    const keys = root.children
      .flatMap(s => s.children)
      .map(c => `${c.attributes.get('classname')} ${c.attributes.get('name')}`);
    const cases = keys.filter(key => key.startsWith('bpfrig.'));
    t.equal(new Set(cases).size, cases.length, 'class name and name are unique together');
  });
}

t.test('escapes', async t => {
  t.equal(xmlText(']]> <a> & "b"'), ']]&gt; &lt;a&gt; &amp; "b"');
  t.equal(xmlAttribute(`"a"'b'\n<\t>&`), '&quot;a&quot;&apos;b&apos;&#10;&lt;&#9;&gt;&amp;');
  t.equal(xmlText('\u0000\u001b[1mx\uffff\ud800'), '\\x00x\ufffd\ufffd');
});
