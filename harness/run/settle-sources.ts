import type { Observations, SourceReport } from '../model/observations.ts';

/**
 * Gives sources that do not know how many frames they sent those that device `tx` counted and no other source sent: what it transmitted, and
 * what it dropped besides the frames that a source was told of. The first of such sources has all of them, since nobody can tell them apart.
 */
export function settleSources(
  sources: readonly SourceReport[],
  devices: Observations['devices'],
): SourceReport[] {
  const first = sources.findIndex(({ uncounted }) => uncounted === true);
  if (first < 0) return [...sources];
  const others = sources.filter(({ on, source, uncounted }) => {
    return on === 'tx' && source !== 'live' && uncounted !== true;
  });
  const known = others.reduce((sum, { sent }) => sum + sent, 0);
  const refused = others.reduce((sum, { errors }) => sum + errors, 0);
  const { tx_packets: transmitted = 0, tx_dropped: dropped = 0 } = devices['tx'] ?? {};
  const frames = Math.max(0, transmitted + Math.max(0, dropped - refused) - known);
  return sources.map((source, index) =>
    index === first ? { ...source, sent: frames, requested: frames } : source,
  );
}
