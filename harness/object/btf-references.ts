/** What a type of BTF refers to; a part of `BtfType` in btf.ts. */
interface Referring {
  readonly id: number;
  readonly kind: string;
  readonly target: number;
  readonly parameters: readonly number[];
  readonly members: readonly { readonly type: number }[];
  readonly variables: readonly { readonly type: number }[];
}

/** Kinds that are another type with something added: their size and name follow from the other's. */
const WRAPPERS: ReadonlySet<string> = new Set([
  'typedef',
  'volatile',
  'const',
  'restrict',
  'type_tag',
  'var',
  'array',
]);

/** How deep types may contain each other, and pointers follow on each other. The kernel allows 32, MAX_RESOLVE_DEPTH in kernel/bpf/btf.c. */
const DEEPEST = 64;

/**
 * Throws RangeError when a type refers to one that does not exist, contains itself, or is a pointer that leads to itself without a struct in
 * between. Whoever follows types after this needs no counter of steps.
 */
export function checkReferences(types: readonly Referring[]): void {
  for (const type of types) {
    for (const id of [
      type.target,
      ...type.parameters,
      ...type.members.map(one => one.type),
      ...type.variables.map(one => one.type),
    ])
      if (types[id] === undefined)
        throw new RangeError(`type ${type.id} refers to type ${id}, which does not exist`);
  }
  // A datasec is contained in nothing; a pointer's size does not depend on what it points to, but its name does.
  checkDepth(types, type => [
    ...(WRAPPERS.has(type.kind) ? [type.target] : []),
    ...type.members.map(one => one.type),
  ]);
  checkDepth(types, type => (WRAPPERS.has(type.kind) || type.kind === 'ptr' ? [type.target] : []));
}

/** Depth first, with a stack of its own: the types of a hostile object are a chain of any length. */
function checkDepth(types: readonly Referring[], below: (type: Referring) => readonly number[]): void {
  const depths = new Map<number, number>();
  const open = new Set<number>();
  for (const { id: root } of types) {
    const stack = [root];
    for (let id = stack.at(-1); id !== undefined; id = stack.at(-1)) {
      const type = types[id];
      const next = type === undefined ? [] : below(type);
      if (depths.has(id)) {
        stack.pop();
        continue;
      }
      if (!open.has(id)) {
        open.add(id);
        const left = next.filter(one => !depths.has(one));
        const again = left.find(one => open.has(one));
        if (again !== undefined) throw new RangeError(`type ${again} contains itself or points to itself`);
        stack.push(...left);
        continue;
      }
      const depth = next.reduce((most, one) => Math.max(most, (depths.get(one) ?? 0) + 1), 0);
      if (depth > DEEPEST)
        throw new RangeError(`type ${id} contains more than ${DEEPEST} types within each other`);
      depths.set(id, depth);
      open.delete(id);
      stack.pop();
    }
  }
}
