import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MeasuredSource } from '../../model/kernel.ts';

// A program of the host that is compiled as a kernel is for gcov: its counters are files of the same form.

const HEADER = `static inline int is_odd(int x) { if (x % 2) return 1; return 0; }
`;

/** Numbers of lines are those of the tests. */
const SOURCE = `#include <stdlib.h>
#include "tea.h"

static int boil(int degrees)
{
	if (degrees < 100)
		return -1;
	if (degrees > 200)
		return -1;
	return is_odd(degrees);
}

int main(int argc, char **argv)
{
	int i, sum = 0;

	for (i = 1; i < argc; i++)
		sum += boil(atoi(argv[i]));
	return sum == 12345;
}
`;

/** A measured program below a folder. */
export interface MeasuredProgram {
  readonly measured: MeasuredSource;
  /** Runs it with these numbers, and returns its counters. */
  readonly run: (...degrees: readonly number[]) => Buffer;
}

/** Compiles the program with gcc in a tree like the kernel's: `kernel/tea.c`. */
export function measuredProgram(dir: string, optimize: '-O0' | '-O2' = '-O0'): MeasuredProgram {
  mkdirSync(join(dir, 'kernel'), { recursive: true });
  writeFileSync(join(dir, 'kernel', 'tea.h'), HEADER);
  writeFileSync(join(dir, 'kernel', 'tea.c'), SOURCE);
  const gcc = (...args: string[]) => execFileSync('gcc', [optimize, '--coverage', ...args], { cwd: dir });
  gcc('-c', '-o', 'kernel/tea.o', 'kernel/tea.c');
  gcc('-o', 'kernel/tea', 'kernel/tea.o');
  const counters = join(dir, 'kernel', 'tea.gcda');
  const measured = {
    source: 'kernel/tea.c',
    path: join(dir, 'kernel', 'tea.c'),
    notes: join(dir, 'kernel', 'tea.gcno'),
    counters: '/sys/kernel/debug/gcov/kernel/tea.gcda',
  };
  const run = (...degrees: readonly number[]): Buffer => {
    rmSync(counters, { force: true });
    execFileSync(join(dir, 'kernel', 'tea'), degrees.map(String));
    return readFileSync(counters);
  };
  return { measured, run };
}
