/** What a scenario can require. What each one is, and since when, is in `../oracle/features.ts`. */
export const FEATURE_NAMES = [
  'cpumap-program',
  'generic-cpumap',
  'live-frames',
  'xdp-frags',
  'pktgen-unshared',
  'kthread-ready-on-update',
  'update-errno',
  'many-cpus',
  'bpf-interpreter',
] as const;

export type FeatureName = (typeof FEATURE_NAMES)[number];
