import type { RunEvent } from '../model/events.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { runEvent } from './event-schema.ts';
import { jsonText } from '../util/json-text.ts';
import type { Reporter } from './reporter.ts';

/** Returns the reporter for `events.jsonl`: one event per line, as it happens. */
export function createJsonlReporter(): Reporter {
  return { onEvent: event => `${jsonText(event)}\n`, close: () => '' };
}

/** The events of a file, and whether its last line is complete. */
export interface ReadEvents {
  readonly events: readonly RunEvent[];
  /** True if the last line is incomplete, because the run was killed. */
  readonly truncated: boolean;
}

/**
 * Parses the text of `events.jsonl`. Only a last line without a newline may be incomplete.
 * @throws BpfrigError `usage`, naming the line, for a line that is not an event.
 */
export function readEvents(text: string): ReadEvents {
  const lines = text.split('\n');
  const rest = lines.pop() ?? '';
  const events = lines.flatMap((line, i) => (line.trim() === '' ? [] : [parseLine(line, i + 1)]));
  if (rest.trim() === '') return { events, truncated: false };
  try {
    return { events: [...events, parseLine(rest, lines.length + 1)], truncated: false };
  } catch {
    return { events, truncated: true };
  }
}

function parseLine(line: string, number: number): RunEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new BpfrigError('usage', `line ${number} is not JSON: ${messageOf(cause)}`, { cause });
  }
  const parsed = runEvent.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? 'it' : issue.path.join('.');
  throw new BpfrigError(
    'usage',
    `line ${number} is not an event of a run: ${where}: ${issue?.message ?? 'unknown'}`,
  );
}
