import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { packingOf } from '../packed.ts';
import { cpioMembers } from './cpio.ts';
import { type OpenPackage, PackageFault } from './member.ts';
import { startProgram } from './program-stream.ts';
import { readRpmHeader } from './rpm-header.ts';

/**
 * Opens an .rpm, whose payload is a cpio archive that gzip, xz, zstd or bzip2 has compressed. No program of rpm's is needed. Throws a `PackageFault` that says in a few words what is
 * wrong: before anything is unpacked where the package has a checksum of its payload.
 */
export async function openRpm(file: string, signal: AbortSignal): Promise<OpenPackage> {
  const { payloadOffset, payloadSha256, isSource } = await readRpmHeader(file);
  if (isSource) throw new PackageFault('it is a package of sources');
  if (payloadSha256 !== null && payloadSha256 !== (await payloadDigest(file, payloadOffset, signal)))
    throw new PackageFault('its payload is damaged: its SHA-256 is another one than the package says');
  const packing = packingOf(await firstBytes(file, payloadOffset));
  if (packing === null)
    throw new PackageFault('its payload is compressed in a way that bpfrig does not know');
  const input = createReadStream(file, { start: payloadOffset });
  const { stdout, ended, kill } = startProgram(packing.tool, packing.args, { signal, input });
  return { members: cpioMembers(stdout), ended, kill };
}

async function payloadDigest(file: string, offset: number, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { start: offset, signal })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function firstBytes(file: string, offset: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(8), 0, 8, offset);
    return buffer;
  } finally {
    await handle.close();
  }
}
