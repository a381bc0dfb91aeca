import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '../util/paths.ts';
import { libbpf } from './libbpf.ts';

/** Makes `cacheDir` a cache that has the user's libbpf and nothing else: a test with a cache of its own need not build one. */
export async function withLibbpf(cacheDir: string): Promise<string> {
  await libbpf(cacheRoot());
  mkdirSync(cacheDir, { recursive: true });
  const link = join(cacheDir, 'libbpf');
  if (!existsSync(link)) symlinkSync(join(cacheRoot(), 'libbpf'), link);
  return cacheDir;
}
