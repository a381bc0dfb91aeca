import { resolve } from 'node:path';
import { loadCatalogue } from '../kernel/catalogue.ts';
import { expandKernelSpecs } from '../kernel/spec.ts';
import { kernelTextsOf, openProject } from '../run/project.ts';

/**
 * The kernels of a project's bpfrig.yaml, else the default ones, as `startGuest` takes them: for a test of each. `from`: a folder of the
 * project; default: the working folder. A folder of packages is one text here, which `startGuest` refuses where it has several kernels. Throws `usage` for a bpfrig.yaml that is not valid.
 */
export function projectKernels(from = '.'): string[] {
  const project = openProject([resolve(from)]);
  return expandKernelSpecs(kernelTextsOf(project), loadCatalogue()).map(({ text }) => text);
}
