import type { RowOf, Table } from '../table.ts';

/** Redirects, of programs on devices and in map entries alike. */
export const REDIRECT = {
  name: 'redirect',
  events: ['xdp:xdp_redirect', 'xdp:xdp_redirect_err'],
  keys: {
    prog_id: { meaning: 'Program that redirected.' },
    ifindex: { meaning: 'Device that the frame came in by.' },
    to_ifindex: { meaning: 'Device that the frame goes to; 0 where it goes to no device or to several.' },
    map_id: { meaning: 'Map that the frame was redirected into; bpf_redirect() has 0 or INT_MAX.' },
    map_index: { meaning: 'Key of the map.' },
    cpu: { meaning: 'CPU that the program ran on.' },
    err: { meaning: '0 or a negative errno.' },
  },
  sums: {},
  witnessed: false,
} as const satisfies Table;

/** A row of {@link REDIRECT}. */
export type RedirectRow = RowOf<typeof REDIRECT>;
