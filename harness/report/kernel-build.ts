import type { RunSummary } from './fold.ts';

/** Returns the build of a kernel that a run used, `6.12.117 (6.12.117-1)`: its version and that of its package; null if it was never ready. */
export function kernelBuild(summary: Pick<RunSummary, 'kernels'>, id: string): string | null {
  const column = summary.kernels.find(kernel => kernel.id === id)?.column;
  return column == null ? null : `${column.version} (${column.packages[0]?.version ?? column.release})`;
}
