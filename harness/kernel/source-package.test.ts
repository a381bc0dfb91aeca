import t from 'tap';
import { parseSources } from './source-package.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

const TEXT = `Package: libbpf
Binary: libbpf-dev, libbpf1
Version: 1.5.0-3
Files:
 5dd28840a6530422abc5e64f68f10489 1921 libbpf_1.5.0-3.dsc
Checksums-Sha256:
 ${A} 1921 libbpf_1.5.0-3.dsc
 ${B} 1036613 libbpf_1.5.0.orig.tar.gz
Directory: pool/main/libb/libbpf

Package: libbpf
Version: 1.10.0-1
Checksums-Sha256:
 ${B} 7 libbpf_1.10.0-1.dsc

Package: libbpf
Version: 1.9.0-1
`;

t.test('versions of a source package, newest first, with the checksums of their files', async t => {
  t.same(parseSources(TEXT), [
    { package: 'libbpf', version: '1.10.0-1', files: [{ name: 'libbpf_1.10.0-1.dsc', sha256: B }] },
    {
      package: 'libbpf',
      version: '1.5.0-3',
      files: [
        { name: 'libbpf_1.5.0-3.dsc', sha256: A },
        { name: 'libbpf_1.5.0.orig.tar.gz', sha256: B },
      ],
    },
  ]);
});

t.test('a file whose name leads elsewhere is no file of the package', async t => {
  t.same(parseSources(`Package: x\nVersion: 1-1\nChecksums-Sha256:\n ${A} 1 ../x.dsc\n ${B} 2 x_1-1.dsc\n`), [
    { package: 'x', version: '1-1', files: [{ name: 'x_1-1.dsc', sha256: B }] },
  ]);
});

t.test('no index, no versions', async t => {
  t.same(parseSources(''), []);
  t.same(parseSources('Reading package lists...\n'), []);
});
