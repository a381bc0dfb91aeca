import { Command } from 'commander';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { fetchKernel } from '../kernel/provider.ts';
import { EXIT } from '../model/exit-code.ts';
import { count, logText } from '../report/text.ts';
import { checkKernel, type KernelCheck } from '../run/check-kernel.ts';
import { planCells } from '../run/plan.ts';
import { kernelsOf, openProject } from '../run/project.ts';
import { readScenarios } from '../run/scenarios.ts';
import { messageOf } from '../util/errors.ts';
import { cacheRoot } from '../util/paths.ts';
import { onProgress } from './progress.ts';
import { table } from './table.ts';

/** A kernel that is not on this machine and cannot be fetched. */
interface Unavailable {
  readonly id: string;
  readonly spec: string;
  readonly problem: string;
}

/** `bpfrig kernels check`: what kernels lack, before anything boots. */
export function kernelsCheckCommand(): Command {
  return new Command('check')
    .argument('[specs...]')
    .description(
      "What kernels are built without, and which of the project's cells that keeps from running, by configuration and modules, before anything boots; without specs, the project's kernels, or the default ones",
    )
    .option('--json', 'as JSON')
    .action(async (specs: string[], { json }: { json?: boolean }) => {
      const checks = await checkAll(specs);
      console.log(json ? JSON.stringify(checks, null, 2) : checkText(checks));
      const allServe = checks.every(check => !('problem' in check) && check.obstacle === null);
      process.exitCode = allServe ? EXIT.ok : EXIT.infra;
    });
}

async function checkAll(specs: readonly string[]): Promise<(KernelCheck | Unavailable)[]> {
  const project = openProject();
  const catalogue = loadCatalogue();
  const kernels = await kernelsOf(project, specs, catalogue);
  const scenarios = await readScenarios([], project);
  const checks: (KernelCheck | Unavailable)[] = [];
  for (const { id, spec } of kernels) {
    try {
      const kernel = await fetchKernel(spec, {
        id,
        cacheDir: cacheRoot(),
        catalogue,
        locked: false,
        onProgress,
      });
      const cells = planCells(scenarios, [id], { variant: {}, grep: null, only: null });
      checks.push(await checkKernel(kernel, cells));
    } catch (error) {
      checks.push({ id, spec: spec.text, problem: messageOf(error) });
    }
  }
  return checks;
}

/** A table with one row per kernel, and below it what each lacks and what that means. */
export function checkText(checks: readonly (KernelCheck | Unavailable)[]): string {
  const head = ['kernel', 'version', 'configuration', 'cells', 'missing'];
  const rows = checks.map(check =>
    'problem' in check
      ? [check.id, '', '', '', `unavailable: ${check.problem}`]
      : [
          check.id,
          check.version,
          check.configured ? 'known' : 'not known',
          cellsText(check),
          missingText(check),
        ],
  );
  const details = checks.flatMap(check => {
    const lines = 'problem' in check ? [] : detailsOf(check);
    return lines.length === 0 ? [] : [`\n${check.id}\n${lines.map(line => `  ${line}`).join('\n')}`];
  });
  return logText([table([head, ...rows]), ...details].join('\n'));
}

/** `780 run, 10 skip`. A cell that runs may still skip, by what a guest shows. */
function cellsText({ cells, decided, obstacle }: KernelCheck): string {
  const skipped = decided.reduce((sum, one) => sum + one.cells, 0);
  const run = obstacle === null ? `${cells - skipped} run` : 'none can run';
  return skipped === 0 || obstacle !== null ? run : `${run}, ${skipped} skip`;
}

function missingText({ lacks, features, configured }: KernelCheck): string {
  const options = new Set([...lacks.map(({ text }) => text), ...features.flatMap(one => one.options)]);
  if (options.size === 0) return configured ? 'nothing' : 'nothing that its modules show';
  return [...options].join(', ');
}

function detailsOf({ obstacle, lacks, features, decided, configured }: KernelCheck): string[] {
  return [
    ...(configured
      ? []
      : ['its configuration is not next to it, nor in the image (CONFIG_IKCONFIG): a guest shows the rest']),
    ...(obstacle === null ? [] : [obstacle]),
    ...lacks.flatMap(({ text, without }) => (without === null ? [] : [`${text}: ${without}`])),
    ...features.map(({ name, options }) => `${options.join(', ')}: \`requires: [${name}]\` skips`),
    ...decided.map(({ verdict, reason, cells }) => `${count(cells, 'cell')} ${verdict}: ${reason}`),
  ];
}
