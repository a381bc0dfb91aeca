import type { DescribedFrame } from '../../oracle/described.ts';
import type { AnnouncedSource } from '../../oracle/identities.ts';

/** The sources of a cell that the classifier at tc ingress of `rx` knows, in the order of their slots. */
export class Announcements {
  readonly sources: AnnouncedSource[] = [];
  /** Frames without a number, by their hash. */
  readonly described = new Map<string, DescribedFrame>();
  /** Why the packets cannot be told from one another; null: they can. */
  obstacle: string | null = null;
  /** Why bpfrig does not know the bytes of frames that a source sends; null: it knows all of them. */
  opaque: string | null = null;
}
