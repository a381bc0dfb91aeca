import t from 'tap';
import { parseProjectFile } from './project-file.ts';

t.test('what a project says', async t => {
  const text =
    'kernels: [5.10, "6.12", path:build/bzImage]\nsuites: [tests]\njobs: 3\n' +
    'guest: { cpus: 2, modules: [bonding max_bonds=0] }\nmirror: { debian: https://deb.example/debian }\n';
  t.strictSame(parseProjectFile(text, 'bpfrig.yaml'), {
    // YAML alone would read the first one as 5.1.
    kernels: ['5.10', '6.12', 'path:build/bzImage'],
    suites: ['tests'],
    jobs: 3,
    guest: { cpus: 2, modules: ['bonding max_bonds=0'] },
    mirror: { debian: 'https://deb.example/debian' },
  });
  const plain = { kernels: null, suites: ['.'], jobs: null, guest: {}, mirror: {} };
  t.strictSame(parseProjectFile('', 'bpfrig.yaml'), plain, 'an empty file has no settings');
  t.strictSame(parseProjectFile('# nothing yet\n', 'bpfrig.yaml'), plain);
});

t.test('mistakes have a place and a remedy', async t => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ['kernel: [6.12]\n', /^bpfrig\.yaml:1:1: unknown key `kernel`, did you mean `kernels`\?$/],
    ['jobs: many\n', /^bpfrig\.yaml:1:7: jobs: expected number, received string$/],
    ['guest: { cpu: 2 }\n', /^bpfrig\.yaml:1:10: unknown key `cpu`, did you mean `cpus`\?$/],
    ['guest: { cpus: 900 }\n', /^bpfrig\.yaml:1:16: guest\.cpus: too big: expected number to be <=64$/],
    ['mirror: { debian: deb.example }\n', /^bpfrig\.yaml:1:19: mirror\.debian: invalid URL$/],
    ['kernels: [6.12\n', /^bpfrig\.yaml:2:1: /],
    ['- 6.12\n', /^bpfrig\.yaml:1:1: the document: expected object, received array$/],
    ['jobs: 0\nkernels: []\n', /^bpfrig\.yaml:2:10: .* \(and 1 more\)$/],
  ];
  for (const [text, message] of rows)
    t.throws(() => parseProjectFile(text, 'bpfrig.yaml'), { code: 'usage', message }, text);
});
