#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { argv } from 'node:process';

// What the launcher or npx starts. A program that cannot even be loaded, for want of descriptors or memory, or since a file of it is gone, must
// not end with the 1 that Node.js gives it: that would say that a kernel is bad. So this file imports nothing of bpfrig before it is ready.
try {
  process.setSourceMapsEnabled(true);
  // The launcher of a checkout has done it, before there was a program to do it.
  const isSetUp = process.env['BPFRIG_SETUP'] === 'done';
  delete process.env['BPFRIG_SETUP'];
  if (ownWords().includes('--setup') && !isSetUp) {
    const { installPackages } = await import('./install-packages.ts');
    if (!installPackages(ownWords().slice(2))) process.exit(hostFailed());
  }
  await import('./main.ts');
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  console.error(`bpfrig: it cannot be loaded: ${reason}${unopened(reason)}`);
  process.exit(hostFailed());
}

/** Node.js says of a package whose files it may not open that it cannot be found. */
function unopened(reason: string): string {
  const path = /^Cannot find \w+ '(\S+\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(reason)?.[1];
  return path !== undefined && existsSync(`${path}/package.json`)
    ? '; it is there, and could not be opened: more open files are needed (ulimit -n)'
    : '';
}

/** What follows `--` is for a guest's command. */
function ownWords(): readonly string[] {
  const end = argv.indexOf('--');
  return end < 0 ? argv : argv.slice(0, end);
}

/** The codes of harness/model/exit-code.ts and run/git-bisect.ts for what says nothing about a kernel. */
function hostFailed(): number {
  return argv.includes('--git-bisect') ? 125 : 3;
}
