/** What one probe of the agent found: the kernel has it, it does not, or the probe could not be tried there, and why. */
export type ProbeResult = 'available' | 'missing' | { readonly untried: string };

/** What the agent found out about a kernel, by the name of the probe. */
export type Probes = Readonly<Record<string, ProbeResult>>;

/** The agent's answer to `probes`. */
export interface ProbeAnswer {
  /** True and false are what agents before the third result answer; they leave out a probe that could not be tried. */
  readonly probes: Readonly<Record<string, boolean | 'available' | 'missing' | 'untried'>>;
  /** Why a probe could not be tried, in one line. */
  readonly untried?: Readonly<Record<string, string>> | undefined;
}

/** The results in the agent's answer. */
export function probesOf({ probes, untried = {} }: ProbeAnswer): Probes {
  const result = (name: string, found: ProbeAnswer['probes'][string]): ProbeResult => {
    if (found === 'untried') return { untried: untried[name] ?? `the probe ${name} could not be tried` };
    return found === true || found === 'available' ? 'available' : 'missing';
  };
  return Object.fromEntries(Object.entries(probes).map(([name, found]) => [name, result(name, found)]));
}
