import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { PACKAGE_ROOT } from '../util/paths.ts';

// A compiler is started.
t.setTimeout(300_000);

const PROGRAM = `
import { startGuest, withGuest, type StartedGuest, type CapturedValue } from 'bpfrig';

await withGuest('6.12', async guest => {
  const status: number = (await guest.exec({ argv: ['true'] })).status;
  const errno: string = (await guest.load({ object: 'fw' }, { refused: true })).errno;
  const frames: CapturedValue[] = await guest.capture('rx', async () => guest.send({ count: status }));
  const count: number = (await guest.step({ fill: { map: errno, entries: [{ key: frames.length, value: 1 }] } })).count;
  // @ts-expect-error a step that there is not
  await guest.step({ wayt: { for: count } });
  // @ts-expect-error an argument that the step does not have
  await guest.load({ objekt: 'fw' });
  // @ts-expect-error a value that the step does not return
  (await guest.step({ wait: { for: 1 } })).errno;
});
// @ts-expect-error an option that there is not
export const guest: StartedGuest = await startGuest('6.12', { topologie: 'veth' });
`;

t.test('a strict project compiles against the declarations, all of them checked', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'bpfrig-types-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const modules = join(dir, 'node_modules');
  mkdirSync(modules);
  symlinkSync(PACKAGE_ROOT, join(modules, 'bpfrig'));
  symlinkSync(join(PACKAGE_ROOT, 'node_modules', '@types'), join(modules, '@types'));
  const compilerOptions = {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    target: 'es2023',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(dir, 'program.ts'), PROGRAM);
  const tsc = join(PACKAGE_ROOT, 'node_modules', '.bin', 'tsc');
  const { exitCode, stdout } = await execa(tsc, ['-p', dir], { reject: false });
  t.equal(exitCode, 0, stdout);
});
