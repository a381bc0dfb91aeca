import { z } from 'zod';
import { words, type Wrap } from './step-words.ts';

/** A function in /proc/kallsyms: a name in C, with the suffix that a compiler gives a copy, `.isra.0`. */
const FUNCTION = /^[A-Za-z_][\w.]*$/;

/** A folder of /sys/kernel/slab. */
const CACHE = /^[A-Za-z_][\w.:-]*$/;

/** Orders of the kernel's page allocator: MAX_PAGE_ORDER of most configurations. */
const MOST_ORDER = 10;

/** Far more failures than a cell has allocations that matter; the kernel's counter is an int. */
const MOST_TIMES = 1_000_000;

/** `fault`: an allocation that fails. */
export function faultSchema(wrap: Wrap) {
  const { int } = words(wrap);
  return z
    .strictObject({
      of: wrap(z.enum(['slab', 'pages'])).describe(
        'what fails: kmalloc and the slab caches (failslab), or pages (fail_page_alloc)',
      ),
      in: wrap(z.string().regex(FUNCTION))
        .optional()
        .describe(
          "only below this kernel function: it is among the allocation's callers, at most 32 of them",
        ),
      cache: wrap(z.string().regex(CACHE))
        .optional()
        .describe('only of this slab cache, of /sys/kernel/slab'),
      order: int(0, MOST_ORDER).optional().describe('pages: of this order or a higher one; default: 0'),
      nth: int(1, MOST_TIMES)
        .default(1)
        .describe('which of those allocations fails; with `times` 2, also the next one after as many'),
      times: int(1, MOST_TIMES).default(1).describe('how many fail'),
    })
    .superRefine((fault, ctx) => {
      const problem = problemOf(fault);
      if (problem !== null) ctx.addIssue({ code: 'custom', message: problem });
    })
    .describe(
      "let allocations of the kernel fail from now on, by its fault injection; `injected`, at the end of the cell: how many did. Those of the leak detector's own do not count",
    );
}

function problemOf(fault: {
  readonly of: 'slab' | 'pages';
  readonly in?: string | undefined;
  readonly cache?: string | undefined;
  readonly order?: number | undefined;
}): string | null {
  const { of, in: caller, cache, order } = fault;
  if (of === 'pages' && cache !== undefined) return '`cache` is for `of: slab`: pages belong to no cache';
  if (of === 'slab' && order !== undefined)
    return '`order` is for `of: pages`: what a slab cache hands out has none';
  if (caller !== undefined || cache !== undefined) return null;
  return of === 'slab'
    ? 'says neither `in` nor `cache`: any allocation of the guest would fail, and not only the one that is meant'
    : 'does not say `in`: any allocation of the guest would fail, and not only the one that is meant';
}
