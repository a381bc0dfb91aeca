import type { Fields } from './fields.ts';
import type { LayerName } from './layer.ts';

/** What is behind the last header. */
export interface Payload {
  readonly text?: string | undefined;
  readonly hex?: string | undefined;
  /** Bytes; what text and hex leave is filled up. */
  readonly length?: number | undefined;
  /** The byte to fill up with; without it, byte n is n modulo 256. */
  readonly fill?: number | undefined;
}

/** A frame by its layers. They stand in the frame in the order of `LAYER_NAMES`, whatever the order of the keys. */
export type FrameDescription = {
  readonly [L in Exclude<LayerName, 'vlan'>]?: Fields | undefined;
} & {
  /** A VLAN ID, the fields of a tag, or a list of them. */
  readonly vlan?: number | Fields | readonly (number | Fields)[] | undefined;
  /** The packet within a tunnel. */
  readonly inner?: FrameDescription | undefined;
  readonly payload?: Payload | undefined;
  /** Bytes behind the frame's content, which no length counts, in hex. */
  readonly trailer?: string | undefined;
};

/** A layer and its fields. */
export interface DescribedLayer {
  readonly name: LayerName;
  readonly fields: Fields;
}
