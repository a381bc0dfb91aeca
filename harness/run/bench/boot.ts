import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cpio } from '../../image/cpio.ts';
import { neededProgram, userland } from '../../image/userland.ts';
import { makeWorkspace } from '../../util/workspace.ts';
import type { GuestSpec } from '../../vm/spec.ts';
import { bootVm, READY_MARK } from '../../vm/start.ts';

/** First process of a bare guest: reports that it runs, and does no more. */
const BARE_INIT = `#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
echo '${READY_MARK}' > /dev/console
while :; do /bin/busybox sleep 3600; done
`;

/** Milliseconds from QEMU's start to userspace of a kernel with busybox and nothing else: no modules, no network, no agent. */
export async function bareBootMs(spec: GuestSpec, cacheDir: string, signal: AbortSignal): Promise<number> {
  await using workspace = await makeWorkspace();
  const initrd = join(workspace.dir, 'bare');
  const from = await userland(spec.arch, cacheDir);
  const busybox = await from.entries('/bin/busybox', await neededProgram(from, 'busybox'));
  await writeFile(
    initrd,
    cpio([
      { path: '/dev/console', kind: 'char', mode: 0o600, device: [5, 1] },
      ...busybox,
      { path: '/init', kind: 'file', mode: 0o755, data: Buffer.from(BARE_INIT) },
    ]),
  );
  return await bootMs({ ...spec, initrd, topology: 'none' }, workspace.dir, signal);
}

/** Milliseconds from QEMU's start until a guest of ours is ready: modules are loaded and the agent serves. */
export async function templateBootMs(spec: GuestSpec, signal: AbortSignal): Promise<number> {
  await using workspace = await makeWorkspace();
  return await bootMs(spec, workspace.dir, signal);
}

async function bootMs(spec: GuestSpec, dir: string, signal: AbortSignal): Promise<number> {
  const started = performance.now();
  const vm = await bootVm(spec, { dir, signal, timeoutMs: 120_000 });
  const ms = performance.now() - started;
  await vm[Symbol.asyncDispose]();
  return ms;
}
