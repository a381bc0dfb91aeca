import { sumPhases, type RunSummary } from '../fold.ts';
import { laterTriesText } from '../later-tries.ts';
import { isRedStatus, STATUSES, type CellStatus } from '../status.ts';
import { count, formatMs, oneLine } from '../text.ts';
import { PhaseBar } from './phase-bar.tsx';
import { StatusWord } from './status-word.tsx';

/** Returns the number of cells with a status. */
export function countOf(summary: RunSummary, status: CellStatus): number {
  return status === 'unfinished' ? summary.unfinished.length : summary.counts[status];
}

/** Returns the counts in one line, for the window's title and the head of the page. */
export function headline(summary: RunSummary): string {
  const counts = STATUSES.filter(status => countOf(summary, status) > 0).map(
    status => `${countOf(summary, status)} ${status}`,
  );
  return counts.length === 0 ? 'nothing ran' : counts.join(', ');
}

/** The head of the page: outcome, counts, host and duration. */
export function Overview({ summary }: { readonly summary: RunSummary }) {
  const { host } = summary;
  const present = STATUSES.filter(status => countOf(summary, status) > 0);
  return (
    <>
      <h1>
        bpfrig <small>{oneLine(summary.runId ?? 'no run')}</small>
      </h1>
      <p class={`outcome ${isGreen(summary) ? 'green' : 'red'}`}>{outcome(summary)}</p>
      <ul class="counts">
        {present.map(status => (
          <li key={status} class={`s-${status}`}>
            <a href={`#?verdict=${status}`} title="only these cells in the matrix">
              <b>{countOf(summary, status)}</b> <StatusWord status={status} />
            </a>
          </li>
        ))}
      </ul>
      <div class="share" aria-hidden="true">
        {present.map(status => (
          <span key={status} class={`s-${status}`} style={{ flexGrow: countOf(summary, status) }} />
        ))}
      </div>
      <dl>
        <dt>cells</dt>
        <dd>
          {count(summary.cells.length, 'cell')} on {count(summary.kernels.length, 'kernel')}
        </dd>
        {laterTriesText(summary) !== '' && (
          <>
            <dt>tries</dt>
            <dd>{laterTriesText(summary)}</dd>
          </>
        )}
        <dt>took</dt>
        <dd>
          {formatMs(summary.durationMs)}
          {summary.jobs > 0 && `, ${count(summary.jobs, 'job')}`}
        </dd>
        {summary.startedAt !== null && (
          <>
            <dt>began</dt>
            <dd>{summary.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</dd>
          </>
        )}
        {host !== null && (
          <>
            <dt>host</dt>
            <dd>
              {host.accel} ({oneLine(host.accelReason)}), QEMU {oneLine(host.qemu)}, {count(host.cpus, 'CPU')}
            </dd>
          </>
        )}
        <dt>command</dt>
        <dd>
          <code>./bpfrig {oneLine(summary.argv.join(' '))}</code>
        </dd>
      </dl>
    </>
  );
}

function isGreen(summary: RunSummary): boolean {
  return summary.exitCode === 0;
}

function outcome(summary: RunSummary): string {
  if (!summary.complete) return `Cut off: the end of the run was not seen (exit ${summary.exitCode}).`;
  if (summary.interrupted) return `Interrupted (exit ${summary.exitCode}).`;
  if (isGreen(summary)) return 'Green: every cell is as it should be (exit 0).';
  if (summary.exitCode === 4) return 'Nothing ran, or every cell was skipped (exit 4).';
  const red = STATUSES.filter(s => isRedStatus(s)).reduce((n, s) => n + countOf(summary, s), 0);
  return `Red: ${count(red, 'red cell')} (exit ${summary.exitCode}).`;
}

/** The table of kernels: version, source and results of each. */
export function Kernels({ summary }: { readonly summary: RunSummary }) {
  if (summary.kernels.length === 0) return null;
  const present = STATUSES.filter(s => countOf(summary, s) > 0);
  const numbers = (k: RunSummary['kernels'][number], s: CellStatus): number =>
    s === 'unfinished' ? k.unfinished : k.counts[s];
  return (
    <section id="kernels">
      <h2>Kernels</h2>
      <div class="scroll">
        <table class="plain">
          <thead>
            <tr>
              <th>kernel</th>
              <th>version</th>
              <th>source</th>
              {present.map(s => (
                <th class="n" key={s}>
                  {s}
                </th>
              ))}
              <th class="n">made ready</th>
              <th class="n">in guests</th>
            </tr>
          </thead>
          <tbody>
            {summary.kernels.map(k => (
              <tr key={k.id}>
                <th scope="row">{oneLine(k.id)}</th>
                <td>{oneLine(k.column?.version ?? '')}</td>
                <td>
                  {k.column === null
                    ? oneLine(k.failure ?? 'never made ready')
                    : (k.column.packages.map(p => oneLine(`${p.name} ${p.version}`))[0] ??
                      oneLine(k.column.spec))}
                  {k.column?.notes.map(note => (
                    <small key={note}>{oneLine(note)}</small>
                  ))}
                </td>
                {present.map(s => (
                  <td class={numbers(k, s) === 0 ? 'n zero' : 'n'} key={s}>
                    {numbers(k, s)}
                  </td>
                ))}
                <td class="n">{formatMs(k.prepareMs)}</td>
                <td class="n">{formatMs(Object.values(k.phases).reduce((sum, ms) => sum + ms, 0))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h2>Time in guests, all cells</h2>
      <PhaseBar phases={sumPhases(summary.kernels)} />
    </section>
  );
}
