import t from 'tap';
import { machineArchives, parseListFile, parseSourcesFile } from './apt-sources.ts';

t.test('one-line format', async t => {
  t.strictSame(
    parseListFile(`# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://a.example/debian bookworm main contrib # ours
deb-src http://src.example/debian bookworm main
deb http://a.example/tool stable tool
`),
    [{ uri: 'http://a.example/debian', suites: ['bookworm'] }],
  );
});

t.test('deb822 format', async t => {
  t.strictSame(
    parseSourcesFile(`Types: deb deb-src
# a comment in between
URIs: mirror+file:/etc/apt/mirrors/debian.list http://second.example/debian
Suites: trixie
 trixie-updates
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main

Types: deb-src
URIs: http://src.example/debian
Suites: trixie
Components: main
`),
    [{ uri: 'mirror+file:/etc/apt/mirrors/debian.list', suites: ['trixie', 'trixie-updates'] }],
  );
});

t.test('archives are recognized by their suites', async t => {
  const etc = t.testdir({
    'sources.list': 'deb http://one.example/debian bullseye main\n',
    'sources.list.d': {
      'node.sources': 'Types: deb\nURIs: http://node.example/\nSuites: nodistro\nComponents: main\n',
      'security.sources':
        'Types: deb\nURIs: http://sec.example/ds\nSuites: bookworm-security\nComponents: main\n',
      'off.list.disabled': 'deb http://off.example/debian bookworm main\n',
    },
  });
  t.strictSame(machineArchives(etc), {
    debian: 'http://one.example/debian',
    'debian-security': 'http://sec.example/ds',
  });
  t.strictSame(machineArchives(t.testdirName + '/none'), { debian: null, 'debian-security': null });
});
