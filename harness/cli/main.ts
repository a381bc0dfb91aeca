import { EXIT } from '../model/exit-code.ts';
import { gitBisectCode } from '../run/git-bisect.ts';
import { endOnSignals } from '../run/interrupt.ts';
import { messageOf } from '../util/errors.ts';
import { abandonRuns } from './open-runs.ts';
import { watchOutput } from './output.ts';
import { reported } from './report-error.ts';
import { runProgram } from './run-program.ts';

const argv = process.argv.slice(2);

function exit(code: number): never {
  process.exit(argv.includes('--git-bisect') ? gitBisectCode(code) : code);
}

const output = watchOutput();
endOnSignals();
// Only a command that comes to its end changes this: whatever ends the process before is no success.
process.exitCode = EXIT.infra;
// Also what a promise without a handler rejected with. Node's own code for it is 1, which would say that a cell is red.
process.on('uncaughtException', error => {
  reported(error);
  abandonRuns(`bpfrig itself failed: ${messageOf(error)}`);
  exit(EXIT.infra);
});
// The event loop is empty, and yet the command waits: what it waits for can never happen.
process.on('beforeExit', () => {
  if (!abandonRuns('bpfrig waits for something that cannot happen any more'))
    console.error(
      'bpfrig: the command did not come to its end: it waits for something that cannot happen any more',
    );
  exit(EXIT.infra);
});
process.on('exit', code => {
  if (abandonRuns('the process ended early') && code === EXIT.ok) process.exitCode = EXIT.infra;
});

const code = await runProgram(argv);
const written = await output.settle();
exit(!written && (code === EXIT.ok || code === EXIT.nothing) ? EXIT.infra : code);
