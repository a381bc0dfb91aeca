import { mkdirSync, rmdirSync, symlinkSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { execa } from 'execa';
import { join } from 'node:path';
import type { Fault, Injection } from '../fault.ts';
import type { Place } from '../place.ts';
import { KERNEL, run, SLOW, WRONG } from '../scenarios.ts';

/** Runs a shell script before bpfrig, in a mount namespace of its own: what it mounts is gone with bpfrig. */
function inMounts(script: string): NonNullable<Injection['wrap']> {
  return command => ['unshare', '-m', 'sh', '-ec', `${script}\nexec "$@"`, 'sh', ...command];
}

/** Runs a shell script before bpfrig: limits, redirections. */
function inShell(script: string, exec = 'exec "$@"'): NonNullable<Injection['wrap']> {
  return command => ['sh', '-ec', `${script}\n${exec}`, 'sh', ...command];
}

type Right = Pick<Fault, 'verdict' | 'exit' | 'words'> & Partial<Fault>;

function host(name: string, injected: string, right: Right, inject: Fault['inject']): Fault {
  return { name: `host/${name}`, injected, seconds: 45, ...right, inject };
}

/** bpfrig cannot begin, or cannot go on. A cell that was judged may have any verdict that its scenario gives or `infra`. */
function spoilt(...words: readonly RegExp[]): Right {
  return { verdict: ['infra', 'error', 'fail'], unjudged: true, exit: [2, 3], words };
}

/** Nothing that the fault touches is needed: the verdict is the scenario's, whose expectation is wrong. */
const SURVIVED: Right = { verdict: ['fail'], exit: [1], words: [/sent == 1/] };

const tmpfs = (size: string, path: string): string =>
  `mount -t tmpfs -o size=${size},mode=777 none '${path}'`;
const readOnly = (path: string): string =>
  `mount --bind '${path}' '${path}'; mount -o remount,ro,bind '${path}'`;

const disks: readonly Fault[] = [
  host(
    'results-full',
    'the results lie on a full disk',
    { ...spoilt(/space|ENOSPC/), sample: true },
    place => ({
      argv: run(place, WRONG),
      wrap: inMounts(
        `${tmpfs('16k', place.results)}; head -c 100000 /dev/zero > '${place.results}/fill' || true`,
      ),
    }),
  ),
  host('results-fill-up', 'the disk of the results is full in mid-run', spoilt(/space|ENOSPC/), place => ({
    argv: run(place, WRONG),
    wrap: inMounts(tmpfs('24k', place.results)),
  })),
  host(
    'results-read-only',
    'the results folder is read-only',
    { ...spoilt(/read-only|EROFS/i), sample: true },
    place => ({
      argv: run(place, WRONG),
      wrap: inMounts(readOnly(place.results)),
    }),
  ),
  host(
    'results-are-a-file',
    '--out lies below a file',
    spoilt(/ENOTDIR|not a (?:directory|folder)|EEXIST/i),
    place => ({
      argv: ['run', WRONG, '--kernel', KERNEL, '--jobs', '1', '--out', join(place.write('file', ''), 'run')],
    }),
  ),
  host('results-loop', 'BPFRIG_RESULTS is a link to itself', spoilt(/ELOOP|EEXIST|link/i), place => {
    symlinkSync('loop', join(place.dir, 'loop'));
    return {
      argv: ['run', WRONG, '--kernel', KERNEL, '--jobs', '1', '--reporter', 'jsonl'],
      env: { BPFRIG_RESULTS: join(place.dir, 'loop') },
    };
  }),
  host(
    'cache-full',
    'the cache lies on a full disk',
    { ...spoilt(/space|ENOSPC/), sample: true },
    async place => {
      await place.coldCache();
      return { argv: run(place, WRONG), wrap: inMounts(tmpfs('64k', place.xdgCache)) };
    },
  ),
  host('cache-read-only', 'an empty cache is read-only', spoilt(/read-only|EROFS/i), async place => {
    await place.coldCache();
    return { argv: run(place, WRONG), wrap: inMounts(readOnly(place.xdgCache)) };
  }),
  host(
    'cache-full-for-template',
    'there is no room for a template',
    spoilt(/space|ENOSPC|QEMU/),
    async place => {
      await place.without('templates');
      mkdirSync(join(place.cache, 'templates'));
      return { argv: run(place, WRONG), wrap: inMounts(tmpfs('20m', join(place.cache, 'templates'))) };
    },
  ),
  host(
    'tmp-full',
    'the temporary folder is full',
    { ...spoilt(/space|ENOSPC|QEMU|sent == 1/), exit: [1, 3] },
    place => ({
      argv: run(place, WRONG),
      wrap: inMounts(`${tmpfs('8k', place.tmp)}; head -c 100000 /dev/zero > '${place.tmp}/fill' || true`),
    }),
  ),
  host('tmp-read-only', 'the temporary folder is read-only', spoilt(/read-only|EROFS/i), place => ({
    argv: run(place, WRONG),
    wrap: inMounts(readOnly(place.tmp)),
  })),
  host(
    'tmp-missing',
    'TMPDIR does not exist',
    { ...spoilt(/TMPDIR|no such file|ENOENT/i), sample: true },
    place => ({
      argv: run(place, WRONG),
      env: { TMPDIR: join(place.dir, 'none') },
    }),
  ),
  host('tmp-is-a-file', 'TMPDIR is a file', spoilt(/TMPDIR|ENOTDIR|not a/i), place => ({
    argv: run(place, WRONG),
    env: { TMPDIR: place.write('file', '') },
  })),
  host('shm-full', '/dev/shm is full', SURVIVED, place => ({
    argv: run(place, WRONG),
    wrap: inMounts(tmpfs('4k', '/dev/shm')),
  })),
];

const outputs: readonly Fault[] = [
  host('stdout-full', 'standard output is /dev/full', { ...spoilt(/space|ENOSPC/), sample: true }, place => ({
    argv: run(place, WRONG),
    wrap: inShell('', 'exec "$@" > /dev/full'),
  })),
  host(
    'stdout-pipe-closed',
    'standard output is a pipe that nobody reads',
    spoilt(/EPIPE|closed|output/i),
    place => ({
      argv: run(place, WRONG),
      wrap: inShell(
        `mkfifo '${place.dir}/pipe'; (exec 3< '${place.dir}/pipe') &`,
        `exec "$@" > '${place.dir}/pipe'`,
      ),
    }),
  ),
  host(
    'stdout-closed',
    'standard output is closed',
    { verdict: ['fail', 'infra'], exit: [1, 3], words: [] },
    place => ({
      argv: run(place, WRONG),
      wrap: inShell('', 'exec "$@" >&-'),
    }),
  ),
  host(
    'stderr-full',
    'standard error is /dev/full',
    { verdict: ['fail'], exit: [1, 3], words: [/sent == 1/] },
    place => ({
      argv: run(place, WRONG),
      wrap: inShell('', 'exec "$@" 2> /dev/full'),
    }),
  ),
  host(
    'stderr-closed',
    'standard error is closed',
    { verdict: ['fail'], exit: [1, 3], words: [/sent == 1/] },
    place => ({
      argv: run(place, WRONG),
      wrap: inShell('', 'exec "$@" 2>&-'),
    }),
  ),
  host('report-file-full', '--reporter junit:/dev/full', spoilt(/space|ENOSPC/), place => ({
    argv: run(place, WRONG, '--reporter', 'junit:/dev/full'),
  })),
];

const limits: readonly Fault[] = [
  ...[20, 26, 32, 40].map(files =>
    host(
      `descriptors-${files}`,
      `bpfrig may open ${files} files`,
      {
        verdict: ['infra', 'error', 'fail'],
        unjudged: true,
        exit: [1, 3],
        words: [/EMFILE|too many open files|descriptor|sent == 1|ended without|file/i],
        sample: files === 26,
      },
      place => ({
        argv: run(place, WRONG),
        wrap: inShell(`ulimit -n ${files}`),
      }),
    ),
  ),
  host('file-size', 'files may have 8 KiB', spoilt(/EFBIG|too large|SIGXFSZ|size/i), place => ({
    argv: run(place, WRONG),
    wrap: inShell('ulimit -f 8'),
  })),
  host(
    'address-space',
    'bpfrig may have 900 MB of address space',
    { verdict: ['infra', 'error'], unjudged: true, exit: [3, 133, 134], words: [/memory/i] },
    place => ({
      argv: run(place, WRONG),
      wrap: inShell('ulimit -v 900000'),
    }),
  ),
  host(
    'cpu-time',
    'bpfrig may take a second of CPU',
    {
      left: 'its temporary folder, which the next run removes; no process',
      verdict: ['infra', 'error'],
      unjudged: true,
      exit: [3, 137, 152],
      words: [],
    },
    place => ({
      argv: run(place, SLOW),
      wrap: inShell('ulimit -t 1'),
    }),
  ),
];

/** Where nothing is wrong except the place itself: the verdict must come through, whatever the place is called. */
function oddPlace(name: string, injected: string, folder: string): Fault {
  return host(`place-${name}`, injected, { ...SURVIVED, sample: name === 'spaces' }, place => {
    const tmp = join(place.tmp, folder);
    const results = join(place.results, folder);
    for (const made of [tmp, results]) mkdirSync(made, { recursive: true });
    return {
      argv: run(place, WRONG).map(word => (word === place.out ? join(results, 'run') : word)),
      env: { TMPDIR: tmp, BPFRIG_RESULTS: results },
      after: () => {
        // The folder that the fault itself made is no leftover; its content is.
        removeIfEmpty(tmp);
      },
    };
  });
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // What is in it is seen as left behind.
  }
}

const oddPlaces: readonly Fault[] = [
  oddPlace('spaces', 'the folders have spaces, commas, quotes and a dollar', `a b,c 'd' "e" $HOME`),
  oddPlace('unicode', 'the folders have letters beyond ASCII', 'ünïcödé-目录'),
  oddPlace('percent', 'the folders have percent signs and backslashes', '%s%n\\t'),
];

const LONG = 'long-'.repeat(30);

const surroundings: readonly Fault[] = [
  host(
    'tmp-very-long',
    'the path of TMPDIR has 200 bytes, too many for a socket',
    { verdict: ['fail', 'infra'], exit: [1, 2, 3], words: [/sent == 1|long|socket/] },
    place => {
      const tmp = join(place.dir, LONG);
      mkdirSync(tmp);
      return { argv: run(place, WRONG), env: { TMPDIR: tmp } };
    },
  ),
  host(
    'tmp-relative',
    'TMPDIR is a relative path',
    { verdict: ['fail', 'infra'], exit: [1, 2, 3], words: [/sent == 1|TMPDIR/] },
    place => {
      mkdirSync(join(place.dir, 'rel'));
      return { argv: run(place, WRONG), env: { TMPDIR: 'rel' }, cwd: place.dir };
    },
  ),
  host('results-very-long', 'the path of the results has 900 bytes', SURVIVED, place => {
    const out = join(place.results, ...Array.from({ length: 6 }, () => LONG), 'run');
    return { argv: run(place, WRONG).map(word => (word === place.out ? out : word)) };
  }),
  host(
    'scenario-name-long',
    "the scenario's name has 240 characters",
    { verdict: ['fail', 'infra', 'error'], exit: [1, 2, 3], words: [/sent == 1|long|ENAMETOOLONG/] },
    place => ({
      argv: run(place, place.write(`${'n'.repeat(235)}.yaml`, WRONG_TEXT)),
    }),
  ),
  host('home-unset', 'HOME is unset', SURVIVED, place => ({
    argv: run(place, WRONG),
    env: { HOME: undefined },
  })),
  host(
    'home-missing',
    'HOME does not exist, and the cache is not named',
    { ...spoilt(/no such file|ENOENT|HOME|denied|EROFS|not a/i), seconds: 60 },
    place => ({
      argv: run(place, WRONG),
      env: { HOME: join(place.write('file', ''), 'home'), XDG_CACHE_HOME: undefined },
    }),
  ),
  host('path-empty', 'PATH has only node and the shell', spoilt(/qemu|setpriv|install|doctor/i), place => {
    const bin = join(place.dir, 'bin');
    mkdirSync(bin);
    for (const name of ['node', 'sh', 'readlink', 'dirname', 'find', 'flock', 'env', 'sed', 'cat', 'touch'])
      place.program(name, `exec '${name === 'node' ? process.execPath : `/usr/bin/${name}`}' "$@"`);
    return { argv: run(place, WRONG), env: { PATH: bin } };
  }),
  host('locale-odd', 'LANG, LC_ALL and TERM are nonsense', SURVIVED, place => ({
    argv: run(place, WRONG),
    env: { LANG: 'xx_YY', LC_ALL: 'nonsense', TERM: 'nonsense', TZ: 'Nowhere/None' },
  })),
  host(
    'cwd-gone',
    'the working folder was removed',
    {
      ...SURVIVED,
      verdict: ['fail', 'infra'],
      exit: [1, 2, 3],
      words: [/sent == 1|working|folder|cwd|ENOENT/],
    },
    place => ({
      argv: run(place, WRONG),
      wrap: command => [
        'sh',
        '-ec',
        `mkdir '${place.dir}/gone'; cd '${place.dir}/gone'; rmdir '${place.dir}/gone'; exec "$@"`,
        'sh',
        ...command,
      ],
    }),
  ),
  host(
    'two-runs-one-out',
    'a second run has the same --out',
    { verdict: [], exit: [2, 3], words: [/--out|holds a run/], sample: true },
    place => {
      // Slow, and still there when the second one starts.
      const first = run(place, SLOW);
      const script = `env BPFRIG_QEMU="$FIRST_QEMU" "$1" ${first.map(word => `'${word}'`).join(' ')} > /dev/null 2>&1 & sleep 1.2; "$@"; code=$?; wait; exit $code`;
      return {
        argv: ['run', WRONG, '--kernel', KERNEL, '--jobs', '1', '--out', place.out],
        wrap: command => ['sh', '-c', script, 'sh', ...command],
        env: { FIRST_QEMU: 'qemu-system-x86_64' },
      };
    },
  ),
  host(
    'failing-cells-300',
    '300 cells of a kernel that does not exist',
    { verdict: ['infra'], exit: [2, 3], words: [/no kernel|unavailable/], seconds: 60 },
    place => {
      const values = Array.from({ length: 300 }, (_, at) => `v${at}`).join(', ');
      const scenario = place.write('many.yaml', `${WRONG_TEXT}axes: { which: [${values}] }\n`);
      return { argv: run(place, scenario, '--kernel', `path:${place.write('kernel', 'no kernel')}`) };
    },
  ),
];

const WRONG_TEXT = `title: A cell whose expectation is wrong
source: a fixture of the fault suite
topology: none
traffic:
  - wait: { for: 100 }
expect:
  - sent == 1
`;

/** The cache of an ordinary user is a copy: links would give the user the common one. */
async function asUser(place: Place): Promise<Injection> {
  const copy = `${place.xdgCache}-copy`;
  await execa('cp', ['-a', '--sparse=always', place.xdgCache, copy]);
  await rm(place.xdgCache, { recursive: true });
  await rename(copy, place.xdgCache);
  await execa('chown', ['-R', 'nobody:nogroup', place.xdgCache, place.tmp, place.results]);
  return {
    argv: run(place, WRONG),
    env: { HOME: place.tmp },
    wrap: command => [
      'setpriv',
      '--reuid',
      'nobody',
      '--regid',
      'nogroup',
      '--clear-groups',
      '--no-new-privs',
      ...command,
    ],
  };
}

const users: readonly Fault[] = [
  host(
    'ordinary-user',
    'bpfrig runs as an ordinary user',
    { ...SURVIVED, seconds: 60, sample: true },
    asUser,
  ),
];

/** The host: its disks, its limits, its names, its users. */
export const HOST_FAULTS: readonly Fault[] = [
  ...disks,
  ...outputs,
  ...limits,
  ...oddPlaces,
  ...surroundings,
  ...users,
];
