import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { BpfrigError } from '../util/errors.ts';
import { inSession } from './session.ts';

// The cache that is pruned and searched for leftovers is the test's own.
const cache = process.env['XDG_CACHE_HOME'];
process.env['XDG_CACHE_HOME'] = t.testdir();
t.teardown(() => {
  if (cache === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = cache;
});

function options(lines: string[] = []) {
  return { accel: 'tcg', jobs: 1, onProgress: (line: string) => void lines.push(line) } as const;
}

t.test('the exit code of a session is that of its work', async t => {
  const before = process.listenerCount('SIGTERM');
  t.equal(await inSession(options(), async () => 4), 4);
  await t.rejects(
    inSession(options(), async () => {
      throw new BpfrigError('infra', 'no space left');
    }),
    { message: 'no space left' },
  );
  t.equal(process.listenerCount('SIGTERM'), before, 'signals are left to the process again');
});

t.test('a signal ends the work, and the exit code says which', async t => {
  const lines: string[] = [];
  const code = await inSession(options(lines), async ({ signal }) => {
    process.kill(process.pid, 'SIGTERM');
    await sleep(60_000, null, { signal });
    return 0;
  });
  t.equal(code, 143);
  t.match(lines, [/once more to end at once/]);
  const returned = await inSession(options(), async ({ signal }) => {
    process.kill(process.pid, 'SIGINT');
    await new Promise(resolve => signal.addEventListener('abort', resolve));
    return 0;
  });
  t.equal(returned, 130, 'also when the work returned');
});
