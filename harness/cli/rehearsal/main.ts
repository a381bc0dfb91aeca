import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { archiveUris } from '../../kernel/apt-sources.ts';
import { makeWorkspace } from '../../util/workspace.ts';
import { pack } from './pack.ts';
import { ubuntuMachine } from './machine.ts';
import { runJob, type FinishedJob, type RunnerOptions } from './runner.ts';
import { parseWorkflow, type WorkflowJob } from './workflow.ts';

// `npm run rehearse [KERNEL...]`: the workflow that `bpfrig init` puts into a project, step by step, from an empty cache, with the package that npm
// would publish. First on a machine whose apt has no archive of Debian, then, with the kernels that this has cached, as it is shipped. Needs root.

/** A variable for each archive, with the address that this machine's apt has. */
function archives(): Record<string, string> {
  const { debian, 'debian-security': security } = archiveUris();
  if (debian === null || security === null) throw new Error("this machine's apt has no archives of Debian");
  return { BPFRIG_DEBIAN_ARCHIVE: debian, BPFRIG_DEBIAN_SECURITY_ARCHIVE: security };
}

function log(line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
}

function must(holds: boolean, what: string, { output }: Pick<FinishedJob, 'output'>): void {
  if (!holds) throw new Error(`${what}\n${output}`);
  log(`ok: ${what}`);
}

async function sh(cwd: string, file: string, ...args: string[]): Promise<string> {
  return (await execa(file, args, { cwd, stdin: 'ignore' })).stdout;
}

/** The package as npm would publish it, and a project as its `init` makes it. */
async function prepare(dir: string, kernels: readonly string[]) {
  const { archive: spec } = await pack(dir);
  await sh(dir, 'npx', '--yes', `--package=${spec}`, 'bpfrig', 'init', 'project');
  const project = join(dir, 'project');
  const settings = join(project, 'bpfrig.yaml');
  const text = readFileSync(settings, 'utf8');
  writeFileSync(
    settings,
    text.replace(/^kernels:.*$/m, `kernels: [${kernels.map(k => `'${k}'`).join(', ')}]`),
  );
  return { project, spec };
}

async function rehearse(dir: string, kernels: readonly string[]): Promise<void> {
  const { project, spec } = await prepare(dir, kernels);
  const workflow = parseWorkflow(readFileSync(join(project, '.github', 'workflows', 'bpfrig.yml'), 'utf8'));
  const verdict = workflow.jobs.find(({ name }) => name === 'verdict');
  const shards = workflow.jobs.filter(job => job !== verdict);
  const [first] = shards;
  if (first === undefined || verdict === undefined)
    throw new Error('the workflow has no shard or no verdict');
  const env = { ...workflow.env, BPFRIG: spec };
  const debian = { repository: project, env, log, machine: [] };
  const ubuntu = { ...debian, machine: ubuntuMachine(join(dir, 'ubuntu')) };

  const without = await runJob(onHost(first), { ...ubuntu, dir: join(dir, 'without') });
  must(without.exitCode === 3, 'Ubuntu, and no archive is named: the first shard ends with 3', without);
  const plain = await runJob(
    { ...onHost(first), steps: [...first.steps.slice(0, 2), { run: 'bpfrig run --out plain' }] },
    { ...ubuntu, dir: join(dir, 'plain') },
  );
  must(plain.exitCode === 3, 'a plain run too', plain);
  must(plain.output.includes('BPFRIG_DEBIAN_ARCHIVE'), 'it names the remedies', plain);
  for (const remedy of ['BPFRIG_DEBIAN_ARCHIVE', 'mirror: '])
    must(without.output.includes(remedy), `it names the remedy ${remedy}`, without);

  const named = { ...ubuntu, dir: join(dir, 'named'), env: { ...env, ...archives() } };
  const green = await whole(shards.map(onHost), verdict, named);
  must(green.ok, 'Ubuntu, and the archives are named: the merge of all shards is green', green);
  must(/\b4 pass · 4 cells on 1 kernel/.test(green.output), 'it has every cell', green);
  must(green.summary.includes('tests/firewall'), 'the summary has the matrix', green);

  // The next push, with what the cache has: a test fails.
  const test = join(project, 'tests', 'firewall.yaml');
  writeFileSync(
    test,
    readFileSync(test, 'utf8').replace('stack.delivered == 1040', 'stack.delivered == 1039'),
  );
  const next = { ...debian, dir: join(dir, 'next') };
  cpSync(join(named.dir, 'caches'), join(next.dir, 'caches'), { recursive: true });
  const red = await whole(shards, verdict, next);
  must(red.exitCode === 1, 'Debian, as it is shipped, with a test that fails: the merge is red', red);
  must(/^::error file=tests\/firewall\.yaml,line=\d+/m.test(red.output), 'it is annotated at its line', red);
  const caches = readFileSync(join(next.dir, 'caches.log'), 'utf8');
  must(
    caches.startsWith('restored bpfrig-kernels-') && !caches.includes('saved'),
    'no kernel was fetched again',
    red,
  );
}

/** A job without its `container:`. */
function onHost(job: WorkflowJob): WorkflowJob {
  return { ...job, inContainer: false };
}

/** All shards, and their merge. */
async function whole(
  shards: readonly WorkflowJob[],
  verdict: WorkflowJob,
  options: RunnerOptions,
): Promise<FinishedJob> {
  for (const shard of shards) {
    const done = await runJob(shard, options);
    must(done.ok, `${shard.name} has results`, done);
  }
  return await runJob(verdict, options);
}

await using workspace = await makeWorkspace();
const kernels = process.argv.slice(2);
await rehearse(workspace.dir, kernels.length > 0 ? kernels : ['7.3']);
