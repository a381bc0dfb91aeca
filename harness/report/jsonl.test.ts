import t from 'tap';
import { EventLines } from '../model/event-lines.ts';
import { RUN_SCHEMA, type RunEvent } from '../model/events.ts';
import { goldenEvents, reportOf } from './golden.ts';
import { createJsonlReporter, readEvents } from './jsonl.ts';

t.test('events are the same after they were written and read', async t => {
  const events = goldenEvents('full');
  t.same(readEvents(reportOf(createJsonlReporter(), events), 'x'), { events, tornLine: null });
});

/** Lines of the golden run: start, kernel, cell's start, cell's end, end. */
const ONE = reportOf(createJsonlReporter(), goldenEvents('one')).split('\n').slice(0, -1);

t.test('a killed run leaves an incomplete last line; the other lines are read', async t => {
  const whole = ONE.slice(0, 3).map(line => `${line}\n`);
  for (const length of [1, 10, 100, (ONE[3] ?? '').length - 1]) {
    const text = whole.join('') + (ONE[3] ?? '').slice(0, length);
    const read = readEvents(text, 'x');
    t.equal(read.tornLine, 4);
    t.equal(read.events.length, 3);
    t.throws(() => readEvents(`${text}\n`, 'x'), { message: /^x:4: not JSON/ }, 'but not with a newline');
  }
  t.equal(readEvents(ONE.join('\n'), 'x').tornLine, null, 'only the newline is missing');
});

/** One line of the golden run with a part of its text changed. */
function changed(line: number, from: string, to: string): string[] {
  const at = line - 1;
  if (!ONE[at]?.includes(from)) throw new Error(`line ${line} has no ${from}`);
  return ONE.with(at, ONE[at].replace(from, to));
}

/** Events that are numbered and chained as they should be, whatever they say. */
function written(events: readonly RunEvent[]): string[] {
  const lines = new EventLines();
  return events.map(event => lines.next(event).trimEnd());
}

const golden = goldenEvents('one');
const [start, , cellStart, cellEnd, end] = golden as [RunEvent, RunEvent, RunEvent, RunEvent, RunEvent];
const [first = '', ...others] = ONE;

const bad: readonly [string, readonly string[], RegExp][] = [
  ['a line torn in the middle', [first.slice(0, 200), ...others], /^x:1: not JSON: /],
  ['a line that was joined with the next', [first + others.join(''), ''], /^x:1: not JSON: /],
  ['an empty line', [first, '', ...others], /^x:2: not JSON: /],
  ['null', [first, 'null', ...others], /^x:2: not an event of a run: /],
  ['a number', ['7', ...others], /^x:1: not an event of a run: /],
  ['a list', [first, '[]', ...others], /^x:2: not an event of a run: /],
  ['a missing line', [first, ...others.slice(1)], /^x:2: event 1 is missing before this line$/],
  ['missing lines', [first, ...others.slice(2)], /^x:2: events 1 to 2 are missing before this line$/],
  ['a missing first line', others, /^x:1: event 0 is missing before this line$/],
  ['a doubled line', [first, first, ...others], /^x:2: event 0 again: a line is doubled or out of order$/],
  [
    'lines in another order',
    [ONE[0], ONE[2], ONE[1], ONE[3], ONE[4]] as string[],
    /^x:2: event 1 is missing/,
  ],
  ['a changed verdict', changed(4, '"verdict":"pass"', '"verdict":"skip"'), /^x:5: does not follow line 4/],
  ['an unknown verdict', changed(4, '"verdict":"pass"', '"verdict":"green"'), /^x:4: .*result\.verdict: /],
  ['an unknown event', changed(3, '"cell-start"', '"cell-begin"'), /^x:3: .*type: /],
  ['an exit code as text', changed(5, '"exitCode":0', '"exitCode":"0"'), /^x:5: .*exitCode: /],
  ['an exit code that wraps to 0', changed(5, '"exitCode":0', '"exitCode":256'), /^x:5: .*exitCode: /],
  ['an exit code of another command', changed(5, '"exitCode":0', '"exitCode":2'), /^x:5: .*exitCode: /],
  [
    'a schema of the future',
    changed(1, `"schema":${RUN_SCHEMA}`, '"schema":99'),
    /^x:1: this run has schema 99, of a later bpfrig, .* reads schema \d+: report it with the bpfrig that wrote it$/,
  ],
  ['a schema of the past', changed(1, `"schema":${RUN_SCHEMA}`, '"schema":1'), /^x:1: .* of an older bpfrig/],
  ['a line after the end', [...ONE, ONE[2] ?? ''], /^x:6: event 2 again/],
  ['a second end', written([...golden, end]), /^x:6: a second end of the run$/],
  ['an event after the end', written([...golden, cellStart]), /^x:6: cell-start after the end of the run$/],
  ['a second start', written([start, start]), /^x:2: a second start of the run$/],
  ['no start', written([cellStart, cellEnd]), /^x:1: cell-start before the start of the run$/],
  ['a second verdict', written([start, cellEnd, cellEnd]), /^x:3: a second verdict of cell cpumap/],
  ['a second start of a cell', written([start, cellStart, cellStart]), /^x:3: a second start of cell cpumap/],
  [
    'a cell that was not planned',
    written([start, { at: start.at, type: 'cell-start', cell: 'stray@1.0' }]),
    /^x:2: cell stray@1\.0 is not in the plan$/,
  ],
  [
    'a kernel that was not planned',
    written([start, { at: start.at, type: 'kernel-failed', kernel: '1.0', reason: '' }]),
    /^x:2: kernel 1\.0 is not in the plan$/,
  ],
  ['nothing', [], /^x has no event: the run was killed before it began$/],
];

for (const [name, lines, message] of bad) {
  t.test(`a saved run with ${name} is an error that names the line`, async t => {
    t.throws(() => readEvents(lines.map(line => `${line}\n`).join(''), 'x'), { code: 'infra', message });
  });
}

t.test('text after the end without a newline is no torn line of a killed run', async t => {
  const text = ONE.map(line => `${line}\n`).join('');
  t.throws(() => readEvents(`${text}{"seq"`, 'x'), { message: /^x:6: text after the end of the run$/ });
});
