import { argv } from 'node:process';

// What the launcher starts. A program that cannot even be loaded, for want of descriptors or memory, or since a file of it is gone, must not
// end with the 1 that Node.js gives it: that would say that a kernel is bad. So this file imports nothing of bpfrig before it is ready.
try {
  await import('./main.ts');
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  console.error(`bpfrig: it cannot be loaded: ${reason}`);
  // The codes of harness/model/exit-code.ts and run/git-bisect.ts for what says nothing about a kernel.
  process.exit(argv.includes('--git-bisect') ? 125 : 3);
}
