import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { libbpf } from './libbpf.ts';
import { loadLibbpfLock } from './libbpf-lock.ts';

t.test('the project pins a libbpf, from suites that it knows', async t => {
  const lock = loadLibbpfLock();
  const suites = Object.keys(loadCatalogue().suites);
  for (const suite of lock.suites) t.ok(suites.includes(suite), suite);
  t.ok(lock.files.some(({ name }) => name === `libbpf_${lock.version.replace(/-.*/, '')}.orig.tar.gz`));
});

t.test('what is built is the version that is pinned, and knows the newest attach points', async t => {
  const { include, archive } = await libbpf('amd64');
  const [major, minor] = loadLibbpfLock().version.split('.');
  const version = readFileSync(join(include, 'bpf', 'libbpf_version.h'), 'utf8');
  t.match(version, `LIBBPF_MAJOR_VERSION ${major}`);
  t.match(version, `LIBBPF_MINOR_VERSION ${minor}`);
  t.match(readFileSync(join(include, 'linux', 'bpf.h'), 'utf8'), 'BPF_NETKIT_PEER');
  t.ok(readFileSync(archive).includes('bpf_program__attach_tcx'));
});

t.test('a lock file that is wrong says how to write another', async t => {
  const file = join(t.testdir(), 'lock.yaml');
  const good = readFileSync(new URL('../../images/libbpf.lock.yaml', import.meta.url), 'utf8');
  const cases = [good.replace(/sha256: \w{64}/, 'sha256: 12'), good.replace('libbpf_', '../'), '[', ''];
  for (const text of cases) {
    writeFileSync(file, text);
    t.throws(() => loadLibbpfLock(file), { code: 'usage', message: /kernels lock --libbpf/ });
  }
  t.throws(() => loadLibbpfLock(join(file, 'absent')), { code: 'usage' });
});

t.test('without a network and without a copy in the cache, the error names the version', async t => {
  const { PATH: path, XDG_CACHE_HOME: home } = process.env;
  t.teardown(() => {
    process.env['PATH'] = path;
    if (home === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = home;
  });
  const dir = t.testdir({ bin: {}, bpfrig: { libbpf: {} } });
  const apt = "#!/bin/sh\necho 'E: Could not resolve host' >&2\nexit 100\n";
  writeFileSync(join(dir, 'bin', 'apt-get'), apt, { mode: 0o755 });
  process.env['PATH'] = `${join(dir, 'bin')}:${path}`;
  process.env['XDG_CACHE_HOME'] = dir;
  const { version } = loadLibbpfLock();
  await t.rejects(libbpf('amd64'), {
    code: 'infra',
    message: new RegExp(`libbpf ${version}.*sid.*Could not resolve.*online.*kernels lock --libbpf`),
  });
});
