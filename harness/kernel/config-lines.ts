/** Whether a text is a kernel's configuration. */
export function hasLines(config: string): boolean {
  return /^CONFIG_\w+=/m.test(config);
}

/** The value of an option in a kernel's configuration: `y`, `m`, a text, or `n` where it is not set. */
export function configValue(config: string, option: string): string {
  return new RegExp(`^${option}=(.*)$`, 'm').exec(config)?.[1] ?? 'n';
}

/** Whether an option is on, built in or as a module. */
export function isOn(config: string, option: string): boolean {
  return ['y', 'm'].includes(configValue(config, option));
}

/** The most CPUs that a kernel can have; null where its configuration does not say. */
export function mostCpus(config: string): number | null {
  const number = Number(configValue(config, 'CONFIG_NR_CPUS'));
  if (Number.isInteger(number) && number > 0) return number;
  // Every kernel with several CPUs has the number.
  return isOn(config, 'CONFIG_SMP') ? null : 1;
}
