import { STATUS_LOOKS, type CellStatus } from '../status.ts';

/** Glyph and word of a status. The class determines the colour. */
export function StatusWord({ status }: { readonly status: CellStatus }) {
  return (
    <span class={`status s-${status}`}>
      <span aria-hidden="true">{STATUS_LOOKS[status].glyph}</span> {status}
    </span>
  );
}
