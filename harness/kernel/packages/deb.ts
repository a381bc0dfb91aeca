import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import type { Member, OpenPackage } from './member.ts';
import { startProgram } from './program-stream.ts';

/** Opens a .deb: dpkg-deb unpacks it to a tar archive (deb(5)), whatever it is compressed by. */
export function openDeb(file: string, signal: AbortSignal): OpenPackage {
  const { stdout, ended, kill } = startProgram('dpkg-deb', ['--fsys-tarfile', file], { signal });
  return { members: membersOf(stdout, signal), ended, kill };
}

async function* membersOf(stdout: NodeJS.ReadableStream, signal: AbortSignal): AsyncGenerator<Member> {
  const archive = extract();
  // An error of the pipe ends the loop below; it is thrown there.
  const piped = pipeline(stdout, archive, { signal }).catch(() => undefined);
  try {
    for await (const entry of archive) {
      // Its iterator, not the stream: node's pipeline waits for ever for one of tar-stream's that has failed before it is piped.
      const content = { [Symbol.asyncIterator]: () => iteratorOf(entry) };
      yield { ...about(entry.header), content };
      entry.resume();
    }
  } finally {
    archive.destroy();
    await piped;
  }
}

function iteratorOf(entry: AsyncIterable<unknown>): AsyncIterator<Uint8Array> {
  return (entry as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
}

function about({ name, type, linkname, size = 0 }: Header): Omit<Member, 'content'> {
  const kind = `${type}${linkname ? ` to ${JSON.stringify(linkname)}` : ''}`;
  return { name, type: TYPES[type ?? 'file'] ?? 'other', kind, sizeBytes: size };
}

const TYPES: Readonly<Record<string, Member['type']>> = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'directory',
  symlink: 'link',
};
