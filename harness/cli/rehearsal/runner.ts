import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { applies, fillIn, type Values, type WorkflowJob, type WorkflowStep } from './workflow.ts';

/** What the jobs of one workflow share on GitHub's side, and what a step is started by. */
export interface RunnerOptions {
  /** Absolute. Each job gets a folder in it, and a home. */
  readonly dir: string;
  /** What checkout checks out. */
  readonly repository: string;
  readonly env: Readonly<Record<string, string>>;
  /** A command that runs another in the machine that is rehearsed: what begins each step's argument list. */
  readonly machine: readonly string[];
  /** Values of a composite action's inputs, as `inputs.NAME`. */
  readonly values?: Values;
  readonly log: (line: string) => void;
}

/** The outcome of a job. */
export interface FinishedJob {
  readonly ok: boolean;
  /** What its steps printed. */
  readonly output: string;
  /** Of the step that failed first; 0 if none did. */
  readonly exitCode: number;
  readonly summary: string;
}

/**
 * Does what GitHub's runner does with a job, as far as bpfrig's workflows need it: the shell of each `run` step as it stands, in a new folder and
 * with a new home, and the effects of the actions that GitHub provides, by copying folders.
 */
export async function runJob(job: WorkflowJob, options: RunnerOptions): Promise<FinishedJob> {
  const home = join(options.dir, 'homes', job.name.replaceAll(' ', '-'));
  const workspace = join(home, 'work');
  mkdirSync(workspace, { recursive: true });
  const files = { output: join(home, 'output'), summary: join(home, 'summary') };
  for (const file of Object.values(files)) writeFileSync(file, '');
  const env = {
    ...options.env,
    HOME: home,
    PATH: `${join(home, 'npm', 'bin')}:${process.env['PATH'] ?? ''}`,
    npm_config_prefix: join(home, 'npm'),
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: workspace,
    GITHUB_OUTPUT: files.output,
    GITHUB_STEP_SUMMARY: files.summary,
  };
  let values: Values = {
    ...options.values,
    'github.run_id': '1',
    ...Object.fromEntries(Object.entries(job.matrix).map(([key, value]) => [`matrix.${key}`, value])),
  };
  let exitCode = 0;
  let output = '';
  const atEnd: (() => void)[] = [];
  for (const step of job.steps) {
    if (!applies(step.if, exitCode !== 0, values)) continue;
    options.log(`${job.name}: ${step.name ?? step.uses ?? step.run ?? ''}`);
    if (step.uses !== undefined) {
      doAction(step, { ...options, home, workspace, values, atEnd });
      continue;
    }
    writeFileSync(files.output, '');
    const own = Object.entries(step.env ?? {}).map(([key, text]) => [key, fillIn(text, values)] as const);
    const script = join(home, 'step.sh');
    writeFileSync(script, fillIn(step.run ?? '', values));
    const shell = step.shell ?? (job.inContainer ? 'sh' : 'bash');
    const [file = shell, ...args] = [...options.machine, shell, '-e', script];
    const ran = await execa(file, args, {
      cwd: workspace,
      env: { ...env, ...Object.fromEntries(own) },
      reject: false,
      all: true,
      stdin: 'ignore',
    });
    output += `${ran.all}\n`;
    if (ran.exitCode !== 0 && exitCode === 0) exitCode = ran.exitCode ?? 128;
    for (const [, key = '', value = ''] of readFileSync(files.output, 'utf8').matchAll(/^(\w+)=(.*)$/gm))
      values = { ...values, [`steps.${step.id ?? ''}.outputs.${key}`]: value };
  }
  for (const act of atEnd) act();
  return { ok: exitCode === 0, output, exitCode, summary: readFileSync(files.summary, 'utf8') };
}

interface ActionPlace extends RunnerOptions {
  readonly home: string;
  readonly workspace: string;
  readonly values: Values;
  /** What is done when the job ends. */
  readonly atEnd: (() => void)[];
}

/** The effect of an action of GitHub's. Throws for one that is not known here. */
function doAction({ uses = '', with: given = {} }: WorkflowStep, place: ActionPlace): void {
  const action = uses.replace(/@.*$/, '');
  const input = (name: string): string => fillIn(String(given[name] ?? ''), place.values);
  const artifacts = join(place.dir, 'artifacts');
  switch (action) {
    case 'actions/setup-node':
      return;
    case 'actions/checkout':
      cpSync(place.repository, place.workspace, { recursive: true });
      return;
    case 'actions/upload-artifact': {
      const from = resolve(place.workspace, input('path'));
      if (!existsSync(from) && input('if-no-files-found') === 'ignore') return;
      refuseNames(from);
      cpSync(from, join(artifacts, input('name')), { recursive: true, dereference: true });
      return;
    }
    case 'actions/download-artifact': {
      const begin = input('pattern').replace(/\*$/, '');
      const names = existsSync(artifacts)
        ? readdirSync(artifacts).filter(name => name.startsWith(begin))
        : [];
      for (const name of names)
        cpSync(join(artifacts, name), join(place.workspace, input('path'), name), { recursive: true });
      return;
    }
    case 'actions/cache':
    case 'actions/cache/restore':
    case 'actions/cache/save':
      useCache(action, input('key'), input('path'), place);
      return;
    default:
      throw new Error(`the rehearsal does not know the action ${uses}`);
  }
}

/** upload-artifact refuses files with these characters in their names. */
function refuseNames(dir: string): void {
  const bad = readdirSync(dir, { recursive: true, encoding: 'utf8' }).find(name =>
    /["<>:|*?\r\n]/.test(name),
  );
  if (bad !== undefined) throw new Error(`upload-artifact refuses the name ${bad}`);
}

/** One entry per key; the newest one that begins as a key of another does is not looked for. */
function useCache(action: string, key: string, path: string, place: ActionPlace): void {
  const own = path.replace(/^~/, place.home);
  const kept = join(place.dir, 'caches', encodeURIComponent(key));
  const save = (): void => {
    if (existsSync(kept) || !existsSync(own)) return;
    cpSync(own, kept, { recursive: true });
    appendFileSync(join(place.dir, 'caches.log'), `saved ${key}\n`);
  };
  if (action !== 'actions/cache/save' && existsSync(kept)) {
    mkdirSync(dirname(own), { recursive: true });
    cpSync(kept, own, { recursive: true, preserveTimestamps: true });
    appendFileSync(join(place.dir, 'caches.log'), `restored ${key}\n`);
  }
  if (action === 'actions/cache/save') save();
  else if (action === 'actions/cache') place.atEnd.push(save);
}
