import { BpfrigError } from '../util/errors.ts';
import type { AgentCaller } from './protocol.ts';

/** Where the code of a function is in a running kernel: 16 digits of hex each, `end` exclusive. */
export interface FunctionRange {
  readonly start: string;
  readonly end: string;
}

/** What /proc/kallsyms has of some functions. */
export interface FoundFunctions {
  /** The places of each, by its name: several where several files have a function of that name. `end` is null where no code follows. */
  readonly ranges: ReadonlyMap<
    string,
    readonly (Omit<FunctionRange, 'end'> & { readonly end: string | null })[]
  >;
  /** Names with a suffix, as `f.isra.0`: copies that the compiler made. */
  readonly copies: readonly string[];
}

/**
 * The one function of a name. Throws `scenario` where there is none, or several, with what to name instead; `several` says that of these.
 */
export function onlyFunction(
  { ranges, copies }: FoundFunctions,
  name: string,
  several: string,
): Omit<FunctionRange, 'end'> & { readonly end: string | null } {
  const [first, ...others] = ranges.get(name) ?? [];
  if (first === undefined) throw new BpfrigError('scenario', notThere(name, copies));
  if (others.length > 0)
    throw new BpfrigError(
      'scenario',
      `the kernel has ${others.length + 1} functions \`${name}\`: ${several}`,
    );
  return first;
}

function notThere(name: string, copies: readonly string[]): string {
  const own = copies.filter(copy => copy.startsWith(`${name}.`) && !copy.startsWith(`${name}.cold`));
  const text = `/proc/kallsyms has no function \`${name}\``;
  if (own.length > 0) return `${text}, but ${own.map(copy => `\`${copy}\``).join(', ')}: name that one`;
  return `${text}: it does not exist in this kernel, or the compiler put it into the functions that call it: name one of those`;
}

/** Reading /proc/kallsyms takes the kernel seconds under emulation, and more with KASAN. */
const KALLSYMS_MS = 120_000;

/**
 * Prints a row for each function of `names`: its name, its start, the start of the code behind it. A row with `?` is another name of one.
 * /proc/kallsyms has the kernel's own symbols in the order of their addresses, then those of each module, one module after the other,
 * in any order. Addresses have the same number of digits, so they compare as texts; a letter before them keeps awk from reading numbers.
 */
export const FIND_FUNCTIONS = `
function settle(   f, i, after) {
  for (f = 1; f <= found; f++) {
    after = "-"
    for (i = 1; i <= size; i++)
      if (("x" at[i]) > ("x" start[f]) && (after == "-" || ("x" at[i]) < ("x" after))) after = at[i]
    print name[f], start[f], after
  }
  found = size = 0
}
BEGIN { count = split(names, list, " "); for (i = 1; i <= count; i++) wanted[list[i]] = 1 }
$2 !~ /^[tTwW]$/ { next }
$4 != module { settle(); module = $4 }
module == "" && found > 0 && ("x" $1) > ("x" start[found]) { size = 1; at[1] = $1; settle() }
module != "" { at[++size] = $1 }
$3 in wanted { name[++found] = $3; start[found] = $1 }
{ dot = index($3, "."); if (dot > 1 && substr($3, 1, dot - 1) in wanted) print "?", $3 }
END { settle() }
`;

/** What comes before awk, which takes seconds for the lines of all functions: those of `names` with some behind, and all of modules. */
const SEARCH = `
[ -e "$1" ] || exit 2
file=$1 names=$2 awk=$3; shift 3
busybox grep -F -A8 "$@" "$file" | busybox awk -v "names=$names" "$awk"
`;

/** The command that prints the rows of {@link FIND_FUNCTIONS} for a file as /proc/kallsyms is. */
export function findCommand(file: string, names: readonly string[]): readonly string[] {
  const patterns = [...names.map(name => ` ${name}`), '['].flatMap(text => ['-e', text]);
  return ['busybox', 'sh', '-c', SEARCH, 'sh', file, names.join(' '), FIND_FUNCTIONS, ...patterns];
}

/** Looks functions up in a guest's /proc/kallsyms. Throws `scenario` where that has no addresses, and what the requests throw. */
export async function findFunctions(guest: AgentCaller, names: readonly string[]): Promise<FoundFunctions> {
  const argv = findCommand('/proc/kallsyms', names);
  const { status, stdout, stderr } = await guest.call(
    'exec',
    { argv, timeout_ms: KALLSYMS_MS },
    { timeoutMs: KALLSYMS_MS },
  );
  if (status !== 0)
    throw new BpfrigError('scenario', 'the kernel has no /proc/kallsyms: it needs CONFIG_KALLSYMS', {
      detail: stderr === '' ? null : stderr,
    });
  return parseFound(stdout);
}

/** The rows of {@link FIND_FUNCTIONS}. Throws `scenario` for a kernel that hides its addresses. */
export function parseFound(text: string): FoundFunctions {
  const ranges = new Map<string, { readonly start: string; readonly end: string | null }[]>();
  for (const [, name = '', start = '', end = ''] of text.matchAll(/^(\w\S*) ([0-9a-f]+) ([0-9a-f]+|-)$/gm)) {
    if (/^0+$/.test(start))
      throw new BpfrigError(
        'scenario',
        'the kernel hides the addresses of /proc/kallsyms: `guest: { sysctls: { kernel.kptr_restrict: 1 } }` shows them',
      );
    ranges.set(name, [...(ranges.get(name) ?? []), { start, end: end === '-' ? null : end }]);
  }
  return { ranges, copies: Array.from(text.matchAll(/^\? (\S+)$/gm), ([, name = '']) => name) };
}
