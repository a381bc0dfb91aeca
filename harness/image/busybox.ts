import { basename } from 'node:path';
import { commandFailure, hostCommand } from '../util/host-command.ts';
import type { CpioEntry } from './cpio.ts';

/** Applets without a link: what the guest has already, and what the kernel starts when the first process cannot be started. */
const LEFT_OUT = new Set(['busybox', 'sh', 'init', 'linuxrc']);

/** Not in /sbin: the kernel starts `/sbin/modprobe` for each name that it does not know, which costs time in guests that do without. */
const MODPROBE = { own: '/sbin/modprobe', instead: '/usr/sbin/modprobe' } as const;

/**
 * Links to busybox for its applets, at the paths that busybox has for them, so that commands and shell scripts find `ls` and `/usr/bin/env`.
 * `taken`: names of programs that are in the guest themselves.
 */
export async function appletLinks(busybox: string, taken: readonly string[]): Promise<CpioEntry[]> {
  const result = await hostCommand(busybox, ['--list-full'], { timeoutMs: 10_000 });
  if (!result.ok) throw commandFailure(`${busybox} --list-full does not list its applets`, result);
  const left = new Set([...LEFT_OUT, ...taken]);
  return result.stdout
    .split('\n')
    .filter(path => /^[\w./[-]+$/.test(path) && !left.has(basename(path)))
    .map(path => (`/${path}` === MODPROBE.own ? MODPROBE.instead : `/${path}`))
    .map(path => ({ path, kind: 'link', mode: 0o777, data: Buffer.from('/bin/busybox') }));
}
