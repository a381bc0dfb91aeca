/** Whether a text is a kernel's configuration. */
export function hasLines(config: string): boolean {
  return /^CONFIG_\w+=/m.test(config);
}

/** The value of an option in a kernel's configuration: `y`, `m`, a text, or `n` where it is not set. */
export function configValue(config: string, option: string): string {
  return new RegExp(`^${option}=(.*)$`, 'm').exec(config)?.[1] ?? 'n';
}
