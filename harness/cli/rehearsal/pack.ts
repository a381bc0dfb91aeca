import { join } from 'node:path';
import { execa } from 'execa';
import { PACKAGE_ROOT } from '../../util/paths.ts';

/** An archive that npm has made, and the paths in it, relative to the package. */
export interface Packed {
  readonly archive: string;
  readonly files: readonly string[];
}

/** Makes the package that npm would publish. Without its scripts: they build `dist` anew, from which this process runs. */
export async function pack(dir: string): Promise<Packed> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', dir];
  const { stdout } = await execa('npm', args, { cwd: PACKAGE_ROOT, stdin: 'ignore' });
  const [made] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  if (made === undefined) throw new Error(`npm pack made nothing: ${stdout}`);
  return { archive: join(dir, made.filename), files: made.files.map(({ path }) => path) };
}
