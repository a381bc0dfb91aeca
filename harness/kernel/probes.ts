/** What one probe of the agent found: the kernel has it, it does not, or the probe could not be tried there, and why. */
export type ProbeResult = 'available' | 'missing' | { readonly untried: string };

/** What the agent found out about a kernel, by the name of the probe. */
export type Probes = Readonly<Record<string, ProbeResult>>;

/** The agent's answer to `probes`. */
export interface ProbeAnswer {
  readonly probes: Readonly<Record<string, 'available' | 'missing' | 'untried'>>;
  /** Why a probe could not be tried, in one line. */
  readonly untried: Readonly<Record<string, string>>;
}

/** The results in the agent's answer, each with its reason. */
export function probesOf({ probes, untried }: ProbeAnswer): Probes {
  const result = (name: string, found: 'available' | 'missing' | 'untried'): ProbeResult =>
    found === 'untried' ? { untried: untried[name] ?? `the probe ${name} could not be tried` } : found;
  return Object.fromEntries(Object.entries(probes).map(([name, found]) => [name, result(name, found)]));
}
