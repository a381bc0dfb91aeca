import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { groupBy } from '../util/group-by.ts';
import { readBtf, type Btf } from './btf.ts';
import { readElf, type Elf } from './elf.ts';
import type { BpfGlobal, BpfObject } from './object.ts';
import { whyKernelTypes } from './kernel-types.ts';
import { readMaps } from './read-maps.ts';
import { readPrograms } from './read-programs.ts';

/**
 * Reads a compiled BPF object of any compiler. `label` is what messages call it. Throws `scenario` when the bytes are no BPF
 * object, or a damaged one.
 */
export function parseObject(bytes: Buffer, label: string): BpfObject {
  if (bytes.length > LARGEST)
    throw new BpfrigError('scenario', `${label} has more than ${LARGEST} bytes, more than any BPF object`);
  const elf = readElf(bytes, label);
  try {
    return objectOf(elf, label);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const text = `${label} is damaged: its symbols, relocations or types contradict each other`;
    throw new BpfrigError('scenario', text, { detail: error.message, cause: error });
  }
}

function objectOf(elf: Elf, label: string): BpfObject {
  const btf = objectTypes(elf, label);
  const maps = readMaps(elf, btf);
  const programs = readPrograms(elf, maps);
  const ext = elf.sections.find(({ name }) => name === '.BTF.ext');
  return {
    label,
    littleEndian: elf.littleEndian,
    license: licenseOf(elf),
    programs,
    maps: maps.map(({ map }) => map),
    globals: readGlobals(elf, btf),
    kconfig: kconfigOf(btf),
    btf,
    kernelTypes: whyKernelTypes(
      btf,
      ext === undefined || ext.size === 0 ? null : { data: ext.data, littleEndian: elf.littleEndian },
      programs.map(({ name }) => name),
    ),
  };
}

/** Bytes of an object: the largest known ones have a few million. */
const LARGEST = 64 * 1024 * 1024;

/** As {@link parseObject}, from a file. Throws `scenario` when it cannot be read. */
export function readObject(path: string): BpfObject {
  let bytes: Buffer;
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw new RangeError('it is not a regular file');
    bytes = readFileSync(path);
  } catch (error) {
    throw new BpfrigError('scenario', `BPF object ${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return parseObject(bytes, basename(path));
}

function objectTypes(elf: Elf, label: string): Btf | null {
  const section = elf.sections.find(({ name }) => name === '.BTF');
  if (section === undefined || section.size === 0) return null;
  try {
    return readBtf(section.data);
  } catch (error) {
    throw new BpfrigError('scenario', `${label}: its BTF cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function licenseOf(elf: Elf): string | null {
  const data = elf.sections.find(({ name }) => name === 'license')?.data;
  return data === undefined ? null : data.toString('latin1').replace(/\0.*$/s, '');
}

const DATA = /^\.(?:data|bss|rodata)(?:\.|$)/;
/** Texts that the compiler puts there itself. */
const COMPILERS_OWN = /^\.rodata\.(?:str|cst)/;

/** Variables, by their symbols: clang leaves the offsets of BTF's datasec 0 where a variable is global. */
function readGlobals(elf: Elf, btf: Btf | null): BpfGlobal[] {
  const symbols = groupBy(
    elf.symbols.filter(({ kind }) => kind === 'object'),
    ({ section }) => section,
  );
  const datasecs = new Map(btf?.types.flatMap(type => (type.kind === 'datasec' ? [[type.name, type]] : [])));
  return elf.sections
    .filter(({ name }) => DATA.test(name) && !COMPILERS_OWN.test(name))
    .flatMap(section => {
      const typed = datasecs.get(section.name);
      const types = new Map(
        typed?.variables.map(({ type }) => [btf?.type(type).name, btf?.type(type).target] as const),
      );
      return (symbols.get(section.index) ?? [])
        .toSorted((a, b) => a.value - b.value)
        .map(({ name, value, size }) => ({
          name,
          section: section.name,
          offset: value,
          size,
          type: types.get(name) ?? null,
        }));
    });
}

function kconfigOf(btf: Btf | null): string[] {
  const section = btf?.types.find(({ kind, name }) => kind === 'datasec' && name === '.kconfig');
  return section?.variables.map(({ type }) => btf?.type(type).name ?? '') ?? [];
}
