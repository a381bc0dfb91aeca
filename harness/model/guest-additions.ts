/** A program of the host that goes into a guest, with the shared libraries that it is linked to. */
export interface GuestProgram {
  /** As the scenario names it: a program, a package, or a path. */
  readonly name: string;
  /** Absolute path on the host; null: to be found by its name. */
  readonly path: string | null;
}

/** A file or a folder of the host that goes into a guest. */
export interface GuestFile {
  /** As the scenario wrote it. */
  readonly written: string;
  /** Absolute path on the host. */
  readonly from: string;
  /** Absolute path in the guest. */
  readonly to: string;
  /** Present where `from` is an object of the scenario: how it is compiled, if it is a source. */
  readonly compile?: { readonly cflags: readonly string[]; readonly dir: string };
}

/** A network namespace or a device, made by commands in the guest. */
export interface GuestDevice {
  readonly name: string;
  readonly commands: readonly (readonly string[])[];
}

/** What a guest has in addition to what every guest has. All of it is part of the guest's template. */
export interface GuestAdditions {
  /** Words for the kernel's command line. */
  readonly append: readonly string[];
  /** Modules of the kernel, loaded with what they depend on: a name, and after spaces parameters. */
  readonly modules: readonly string[];
  readonly programs: readonly GuestProgram[];
  readonly files: readonly GuestFile[];
  /** Values by the name that sysctl(8) takes. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Network namespaces and devices, made in this order once `tx` and `rx` are there. */
  readonly devices: readonly GuestDevice[];
  /** NUMA nodes: CPUs and memory are divided evenly. */
  readonly numa: number;
}

/** A guest that has nothing more than every guest has. */
export const NO_ADDITIONS: GuestAdditions = {
  append: [],
  modules: [],
  programs: [],
  files: [],
  sysctls: {},
  devices: [],
  numa: 1,
};

/** The folder in a guest where files go that have no place of their own, and in which commands run. */
export const GUEST_HOME = '/root';

/** The name of a module in `GuestAdditions.modules`. */
export function moduleName(module: string): string {
  return module.split(' ')[0] ?? '';
}

/** The parameters of modules as words of the kernel's command line, from which those that are built in take them: `bonding.max_bonds=0`. */
export function moduleWords(modules: readonly string[]): string[] {
  return modules.flatMap(module => {
    const [name, ...parameters] = module.split(/ +/);
    return parameters.map(parameter => `${name}.${parameter}`);
  });
}

/** Additions for people: `append isolcpus=1, modules bonding 8021q`. Empty where there are none. */
export function additionsText(additions: GuestAdditions): string {
  const { append, modules, programs, files, sysctls, devices, numa } = additions;
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ['append', append],
    ['modules', modules.map(moduleName)],
    ['programs', programs.map(({ name }) => name)],
    ['files', files.map(({ written }) => written)],
    ['sysctls', Object.entries(sysctls).map(([name, value]) => `${name}=${value}`)],
    ['devices', devices.map(({ name }) => name)],
    ['NUMA nodes', numa > 1 ? [String(numa)] : []],
  ];
  return parts
    .flatMap(([what, words]) => (words.length === 0 ? [] : `${what} ${words.join(' ')}`))
    .join(', ');
}
