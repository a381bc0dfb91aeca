import { createHash } from 'node:crypto';
import { jsonText } from '../util/json-text.ts';
import type { RunEvent } from './events.ts';

/** What a line of events.jsonl has in addition to its event. By it a reader notices lines that are missing, doubled, moved or changed. */
export interface Link {
  /** Number of the line, from 0. */
  readonly seq: number;
  /** Digest of the line before; see `digestOf`. */
  readonly prev: string;
}

/** `Link.prev` of the first line. */
export const NO_LINE_BEFORE = '0'.repeat(16);

/** Digest of one line without its newline: the first 16 hex digits of its SHA-256. */
export function digestOf(line: string): string {
  return createHash('sha256').update(line).digest('hex').slice(0, 16);
}

/** Writes the events of one run as lines, each numbered and chained to the line before. */
export class EventLines {
  #seq = 0;
  #prev = NO_LINE_BEFORE;

  /** Returns the line of the next event, with its newline. */
  next(event: RunEvent): string {
    const link: Link = { seq: this.#seq, prev: this.#prev };
    const line = jsonText({ ...link, ...event });
    this.#seq += 1;
    this.#prev = digestOf(line);
    return `${line}\n`;
  }
}
