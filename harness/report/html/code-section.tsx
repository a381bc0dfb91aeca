import type { CodeCoverage, LineCoverage, SourceCoverage } from '../../model/code-coverage.ts';
import { groupBy } from '../../util/group-by.ts';
import { missingText } from '../code/code-lines.ts';
import { shareOf, sharesOf, shareText, unreachedOf } from '../code/unreached.ts';
import type { RunSummary } from '../fold.ts';
import { count, oneLine, plain } from '../text.ts';

/** What was executed of the kernels' own code: what was not reached first, then each function. Nothing for a run that did not measure it. */
export function KernelCode({ summary }: { readonly summary: RunSummary }) {
  const measured = summary.kernels.flatMap(({ id }) => {
    const coverage = summary.code.get(id);
    return coverage === undefined ? [] : [{ id, coverage }];
  });
  if (measured.length === 0) return null;
  return (
    <section id="code">
      <h2>Coverage of the kernel's own code</h2>
      {measured.map(({ id, coverage }) =>
        coverage.sources.map(source => (
          <Source key={`${id} ${source.source}`} kernel={id} coverage={coverage} source={source} />
        )),
      )}
    </section>
  );
}

interface SourceProps {
  readonly kernel: string;
  readonly coverage: CodeCoverage;
  readonly source: SourceCoverage;
}

function Source({ kernel, coverage, source }: SourceProps) {
  const { lines, branches } = sharesOf(source.lines);
  const { open, explained, stale } = unreachedOf(source);
  const functions = shareOf(source.functions.map(one => one.count));
  const missing = missingText(coverage);
  return (
    <>
      <h3>
        {oneLine(source.source)} on {oneLine(kernel)}
      </h3>
      <p>
        lines {shareText(lines)}, branches {shareText(branches)}, functions {shareText(functions)}; counted in{' '}
        {count(coverage.cells, 'cell')}, with the boot of each
      </p>
      {missing !== '' && <p class="missed">{missing}</p>}
      {stale.map(text => (
        <p class="missed" key={text}>
          stale reason: {oneLine(text)}
        </p>
      ))}
      {open.length > 0 && (
        <>
          <h4>Not reached and without a reason: {count(open.length, 'line')}</h4>
          <MissedLines missed={open.map(line => ({ line, because: null }))} />
        </>
      )}
      {explained.length > 0 && (
        <>
          <h4>Not reached, with a reason: {count(explained.length, 'line')}</h4>
          <MissedLines missed={explained} />
        </>
      )}
      <h4>Functions</h4>
      <Functions source={source} />
    </>
  );
}

function Functions({ source }: { readonly source: SourceCoverage }) {
  const entered = new Map(source.functions.map(one => [one.name, `entered ${one.count}×`]));
  return (
    <>
      {[...groupBy(source.lines, line => line.function)].map(([name, lines]) => {
        const shares = sharesOf(lines);
        return (
          <details key={name}>
            <summary class={shares.lines.reached < shares.lines.all ? 'partly' : ''}>
              <code>{name === '' ? 'outside of functions' : oneLine(name)}</code> lines{' '}
              {shareText(shares.lines)}, branches {shareText(shares.branches)},{' '}
              {entered.get(name) ?? 'inlined'}
            </summary>
            <FunctionLines lines={lines} />
          </details>
        );
      })}
    </>
  );
}

interface Missed {
  readonly line: LineCoverage;
  /** Null: no reason is stated. */
  readonly because: string | null;
}

function MissedLines({ missed }: { readonly missed: readonly Missed[] }) {
  const withReasons = missed.some(({ because }) => because !== null);
  return (
    <div class="scroll">
      <table class="plain code">
        <thead>
          <tr>
            <th class="n">line</th>
            <th>function</th>
            <th>source</th>
            {withReasons && <th>reason</th>}
          </tr>
        </thead>
        <tbody>
          {missed.map(({ line, because }) => (
            <tr key={line.line}>
              <td class="n">{line.line}</td>
              <td>{oneLine(line.function)}</td>
              <td>
                <code>{plain(line.text)}</code>
              </td>
              {withReasons && <td>{oneLine(because ?? '')}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function FunctionLines({ lines }: { readonly lines: readonly LineCoverage[] }) {
  return (
    <div class="scroll">
      <table class="plain code">
        <thead>
          <tr>
            <th class="n">line</th>
            <th class="n">executed</th>
            <th class="n">branches</th>
            <th>source</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(({ line, count: executed, branches, text }) => (
            <tr key={line} class={executed === 0 ? 'missed' : ''}>
              <td class="n">{line}</td>
              <td class="n">{executed}</td>
              <td class="n">{branches.length === 0 ? '' : shareText(shareOf(branches))}</td>
              <td>
                <code>{plain(text)}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
