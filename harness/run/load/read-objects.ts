import { readFile } from 'node:fs/promises';
import PQueue from 'p-queue';
import { buildBpfObject } from '../../image/bpf-object.ts';
import type { LoadedObject } from '../../model/load-report.ts';
import type { BpfObject } from '../../object/object.ts';
import { parseObject } from '../../object/read-object.ts';
import { BpfrigError } from '../../util/errors.ts';
import type { ArchName } from '../../model/kernel.ts';
import { byteOrderProblem, legacyProblem } from '../programs.ts';
import type { ObjectFile } from './find-objects.ts';

/** An object that can be sent to a guest. */
export interface LoadObject {
  readonly file: ObjectFile;
  readonly contents: BpfObject;
  /** In base64. */
  readonly data: string;
}

/** What the files of a command line are. */
export interface ReadObjects {
  /** Those that can be loaded. */
  readonly objects: readonly LoadObject[];
  /** All of them, for the report. */
  readonly rows: readonly LoadedObject[];
  /** Long texts of those that cannot be read, by name: what the compiler printed. */
  readonly details: ReadonlyMap<string, string>;
  /** Files of folders that are no BPF objects. */
  readonly ignored: number;
}

/** How sources are compiled. */
export interface CompileOptions {
  /** Options for clang; paths in them are relative to `dir`. */
  readonly cflags: readonly string[];
  readonly dir: string;
  readonly cacheDir: string;
  readonly arch: ArchName;
  /** Compilers at once. */
  readonly jobs: number;
}

/** Compiles what is a source and reads everything. What cannot be read has a row with the reason. Throws `infra` only. */
export async function readObjects(
  files: readonly ObjectFile[],
  options: CompileOptions,
): Promise<ReadObjects> {
  const queue = new PQueue({ concurrency: options.jobs });
  const all = await Promise.all(files.map(file => queue.add(() => readOne(file, options))));
  const kept = all.filter(one => one !== null);
  return {
    objects: kept.flatMap(one => ('data' in one ? [one] : [])),
    rows: kept.map(rowOf),
    details: new Map(
      kept.flatMap(one => ('data' in one || one.detail === null ? [] : [[one.file.name, one.detail]])),
    ),
    ignored: all.length - kept.length,
  };
}

/** A file that no kernel is asked about. */
interface BadFile {
  readonly file: ObjectFile;
  readonly problem: string;
  readonly detail: string | null;
}

function rowOf(one: LoadObject | BadFile): LoadedObject {
  const { name, path } = one.file;
  const about = { file_name: name, path };
  if (!('data' in one)) return { ...about, problem: one.problem, programs: [] };
  const programs = one.contents.programs.map(({ name: prog_name, section, autoload }) => ({
    prog_name,
    section,
    autoload,
  }));
  return { ...about, problem: null, programs };
}

/** Null for a file that was found in a folder and is none of BPF's. */
async function readOne(file: ObjectFile, options: CompileOptions): Promise<LoadObject | BadFile | null> {
  try {
    const { path } = await buildBpfObject({ ...options, path: file.path }, options);
    const bytes = await readFile(path);
    if (!file.named && !isBpf(bytes)) return null;
    const contents = parseObject(bytes, file.name);
    const problem = legacyProblem(contents) ?? byteOrderProblem(contents, options.arch);
    if (problem !== null) return { file, problem, detail: null };
    return { file, contents, data: bytes.toString('base64') };
  } catch (error) {
    if (!(error instanceof BpfrigError) || error.code === 'infra') throw error;
    // The compiler's hints name the key of a scenario.
    return { file, problem: error.message.replaceAll('`cflags`', '--cflag'), detail: error.detail };
  }
}

/** EM_BPF, in either order of bytes. */
function isBpf(bytes: Buffer): boolean {
  return (
    bytes.length > 20 &&
    bytes.readUInt32BE(0) === 0x7f454c46 &&
    [0xf700, 0x00f7].includes(bytes.readUInt16BE(18))
  );
}
