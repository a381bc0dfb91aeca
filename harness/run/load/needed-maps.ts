import type { BpfObject, BpfProgram } from '../../object/object.ts';

/** The maps that are created for a program: those that it refers to, and the maps that their declarations put into them. */
export function createdMaps({ maps }: BpfObject, program: BpfProgram): string[] {
  const byName = new Map(maps.map(map => [map.name, map]));
  const needed = new Set(program.maps);
  // A set is iterated over what is added on the way, too.
  for (const name of needed) {
    for (const value of byName.get(name)?.initial ?? []) if (byName.has(value)) needed.add(value);
  }
  return [...needed];
}

/** The programs that the PROG_ARRAYs of a program name in their declarations, and those of their arrays. */
export function slotPrograms({ maps, programs }: BpfObject, program: BpfProgram): string[] {
  const byName = new Map(programs.map(one => [one.name, one]));
  const reached = new Set([program.name]);
  for (const name of reached) {
    const arrays = maps.filter(map => byName.get(name)?.maps.includes(map.name));
    for (const value of arrays.flatMap(map => map.initial)) if (byName.has(value)) reached.add(value);
  }
  reached.delete(program.name);
  return [...reached];
}
