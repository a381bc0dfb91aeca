import { digestOf, EventLines, NO_LINE_BEFORE } from '../model/event-lines.ts';
import { RUN_SCHEMA, type RunEvent } from '../model/events.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { EventOrder } from './event-order.ts';
import { eventLine } from './event-schema.ts';
import type { Reporter } from './reporter.ts';
import { cutTo, oneLine } from './text.ts';

/** Returns the reporter for `events.jsonl`: one event per line, as it happens. */
export function createJsonlReporter(): Reporter {
  const lines = new EventLines();
  return { onEvent: event => lines.next(event), close: () => '' };
}

/** The events of a file, and whether its last line is complete. */
export interface ReadEvents {
  readonly events: readonly RunEvent[];
  /** 1-based number of the last line if it is incomplete, because the run was killed; null if it is complete. */
  readonly tornLine: number | null;
}

/**
 * Parses the text of `events.jsonl`. Only a last line without a newline may be incomplete.
 * @throws BpfrigError `infra`, naming the place as `NAME:LINE`, for a line that is not an event, is not the one that was written after
 * the line before, or contradicts the events before; and for a text without events.
 */
export function readEvents(text: string, name: string): ReadEvents {
  const reader = new Reader(name);
  const lines = text.split('\n');
  const rest = lines.pop() ?? '';
  lines.forEach((line, i) => reader.take(line, i + 1));
  const torn = rest !== '' && !reader.takeLast(rest, lines.length + 1);
  if (reader.events.length === 0)
    throw new BpfrigError('infra', `${name} has no event: the run was killed before it began`);
  return { events: reader.events, tornLine: torn ? lines.length + 1 : null };
}

class Reader {
  readonly events: RunEvent[] = [];
  readonly #name: string;
  readonly #order = new EventOrder();
  #before = { seq: -1, line: 0, digest: NO_LINE_BEFORE };

  constructor(name: string) {
    this.#name = name;
  }

  /** Takes a line that had a newline. */
  take(line: string, number: number): void {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw this.#error(number, `not JSON: ${messageOf(cause)}`);
    }
    const event = this.#event(value, line, number);
    const problem = this.#order.problem(event);
    if (problem !== null) throw this.#error(number, problem);
    this.events.push(event);
  }

  /** Takes the text after the last newline. Returns false if it is the begin of a line that was being written. */
  takeLast(line: string, number: number): boolean {
    if (this.#order.ended) throw this.#error(number, 'text after the end of the run');
    if (!isJson(line)) return false;
    this.take(line, number);
    return true;
  }

  #event(value: unknown, line: string, number: number): RunEvent {
    const schema = schemaOf(value);
    if (schema !== null && schema !== RUN_SCHEMA) {
      const age = schema > RUN_SCHEMA ? 'a later' : 'an older';
      const both = `this run has schema ${schema}, of ${age} bpfrig, and this one reads schema ${RUN_SCHEMA}`;
      throw this.#error(number, `${both}: report it with the bpfrig that wrote it`);
    }
    const parsed = eventLine.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
      throw this.#error(number, `not an event of a run: ${where}${issue?.message ?? 'unknown'}`);
    }
    const { seq, prev, ...event } = parsed.data;
    const { seq: last, line: lineBefore, digest } = this.#before;
    if (seq !== last + 1) throw this.#error(number, outOfTurn(seq, last));
    if (prev !== digest) {
      throw this.#error(
        number,
        number === 1
          ? 'the first line does not begin a run'
          : `does not follow line ${lineBefore}: that line was changed after it was written`,
      );
    }
    this.#before = { seq, line: number, digest: digestOf(line) };
    return event;
  }

  #error(number: number, text: string): BpfrigError {
    return new BpfrigError('infra', `${this.#name}:${number}: ${cutTo(oneLine(text), 500)}`);
  }
}

function outOfTurn(seq: number, last: number): string {
  if (seq <= last) return `event ${seq} again: a line is doubled or out of order`;
  const [from, to] = [last + 1, seq - 1];
  return from === to
    ? `event ${from} is missing before this line`
    : `events ${from} to ${to} are missing before this line`;
}

function schemaOf(value: unknown): number | null {
  if (typeof value !== 'object' || value === null || !('schema' in value) || !('type' in value)) return null;
  return value.type === 'run-start' && typeof value.schema === 'number' ? value.schema : null;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
