import type { Fault, RedVerdict } from '../fault.ts';
import { inGuest, type Phase } from '../scenarios.ts';

function agent(
  name: string,
  signal: string,
  injected: string,
  verdict: readonly RedVerdict[],
  exit: readonly number[],
  words: readonly RegExp[],
  phase: Phase = 'traffic',
  sample = false,
): Fault {
  return {
    name: `agent/${name}`,
    injected: `${injected}, in \`${phase}:\``,
    verdict,
    exit,
    seconds: 60,
    words,
    sample,
    inject: place => inGuest(place, `killall ${signal} bpfrig-agent`, phase),
  };
}

/** An agent that is killed says nothing about the kernel, one that is stopped cannot be told from a guest that hangs. */
export const AGENT_FAULTS: readonly Fault[] = [
  agent('killed-in-setup', '-9', 'SIGKILL to the agent', ['error', 'infra'], [3], [/agent/], 'setup'),
  agent('killed', '-9', 'SIGKILL to the agent', ['error', 'infra'], [3], [/agent/], 'traffic', true),
  agent('killed-in-after', '-9', 'SIGKILL to the agent', ['error', 'infra'], [3], [/agent/], 'after'),
  agent('crashed', '-SEGV', 'SIGSEGV to the agent', ['error', 'infra'], [3], [/agent/]),
  agent('aborted', '-ABRT', 'SIGABRT to the agent', ['error', 'infra'], [3], [/agent/]),
  agent('ended', '-TERM', 'SIGTERM to the agent', ['error', 'infra'], [3], [/agent/]),
  agent('stopped-in-setup', '-STOP', 'SIGSTOP to the agent', ['hang'], [1], [/sign of life/], 'setup'),
  agent('stopped', '-STOP', 'SIGSTOP to the agent', ['hang'], [1], [/sign of life/], 'traffic', true),
  agent('stopped-in-after', '-STOP', 'SIGSTOP to the agent', ['hang'], [1], [/sign of life/], 'after'),
];
