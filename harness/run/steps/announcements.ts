import type { AnnouncedSource } from '../../oracle/identities.ts';

/** The sources of a cell that the classifier at tc ingress of `rx` knows, in the order of their slots. */
export class Announcements {
  readonly sources: AnnouncedSource[] = [];
  /** Why the packets cannot be told from one another; null: they can. */
  obstacle: string | null = null;
}
