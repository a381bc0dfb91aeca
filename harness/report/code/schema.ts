import { z } from 'zod';
import type { CodeCoverage } from '../../model/code-coverage.ts';

const count = z.int().min(0);

/** What was executed of a kernel's own code. */
export const codeCoverage: z.ZodType<CodeCoverage> = z
  .object({
    cells: count.meta({ description: 'Cells that the counts are of' }),
    missing: z
      .array(z.object({ why: z.string(), cells: count }))
      .meta({ description: 'Cells without counters, by verdict or by what kept them from being read' }),
    sources: z.array(
      z.object({
        source: z.string().meta({ description: 'In the tree: kernel/bpf/cpumap.c' }),
        path: z.string().meta({ description: 'On the host that measured it' }),
        functions: z.array(z.object({ name: z.string(), line: count, count })),
        lines: z.array(
          z.object({
            line: count,
            function: z.string(),
            text: z.string(),
            count,
            branches: z.array(count).meta({ description: 'How often each was taken' }),
          }),
        ),
        reasons: z
          .array(z.object({ list: z.string(), function: z.string(), code: z.string(), because: z.string() }))
          .meta({ description: 'Why lines are not reached, as a coverage.yaml states it' }),
      }),
    ),
  })
  .meta({ id: 'codeCoverage', description: 'What the cells of a kernel executed of its own code' });
