import type { Phases } from '../../model/cell.ts';
import { formatMs, oneLine } from '../text.ts';

/** Wall time by phase: one bar with the numbers below it. */
export function PhaseBar({ phases }: { readonly phases: Phases }) {
  const spent = Object.entries(phases).filter(([, ms]) => ms >= 1);
  if (spent.length === 0) return <p class="quiet">No time was spent in a guest.</p>;
  return (
    <div class="phases">
      <div class="bar" aria-hidden="true">
        {spent.map(([name, ms], i) => (
          <span key={name} class={`p${i % 8}`} style={{ flexGrow: ms }} />
        ))}
      </div>
      <ul>
        {spent.map(([name, ms], i) => (
          <li key={name}>
            <span class={`dot p${i % 8}`} aria-hidden="true" />
            {oneLine(name)} {formatMs(ms)}
          </li>
        ))}
      </ul>
    </div>
  );
}
