import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from '../../guest/agent-error.ts';
import { stopCaptures } from '../../guest/captures.ts';
import type { RunningGuest } from '../../guest/running-guest.ts';
import type { Testbed } from '../../guest/testbed.ts';
import type { Captured } from '../../model/observations.ts';
import { judge, type Judgement } from '../../oracle/judge.ts';
import { expectationText, ledgerText } from '../../report/findings.ts';
import { logText } from '../../report/text.ts';
import { observeTraffic } from '../../run/observe-cell.ts';
import { PhaseClock } from '../../run/phases.ts';
import { planReadings } from '../../run/readings/plan.ts';
import type { PreparedVariant } from '../../run/set-up.ts';
import { splatsOf } from '../../run/splats-of.ts';
import type { StepContext } from '../../run/steps/context.ts';
import { BpfrigError } from '../../util/errors.ts';
import { GuestFailure } from '../../vm/failure.ts';

/** Where the guest's command and this process meet. */
const PLACE = '/run/bpfrig';

/** A command of the guest: asks for the traffic, waits for it, and prints the result. */
const COMMAND = `#!/bin/sh
# Sends what the scenario sends, once more, and prints what the expectations say of it.
rm -f ${PLACE}/answer
: > ${PLACE}/traffic
until [ -e ${PLACE}/answer ]; do sleep 0.2; done
cat ${PLACE}/answer
`;

/** Pause between two looks for somebody who asks, in milliseconds. */
const LOOK_MS = 250;

/** Puts the command `traffic` into a guest. */
export async function installTraffic(guest: RunningGuest): Promise<void> {
  await shell(guest, `mkdir -p ${PLACE} /usr/local/bin`);
  await guest.call('write_file', { path: '/usr/local/bin/traffic', data: COMMAND });
  await shell(guest, 'chmod 755 /usr/local/bin/traffic');
}

/** Answers the command `traffic` until `signal` is aborted. Rejects with `GuestFailure` when the guest is lost. */
export async function serveTraffic(
  guest: RunningGuest,
  traffic: () => Promise<string>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(LOOK_MS);
    if (!(await isAsked(guest))) continue;
    await shell(guest, `rm -f ${PLACE}/traffic`);
    await guest.call('write_file', { path: `${PLACE}/answer.new`, data: await traffic() });
    await shell(guest, `mv ${PLACE}/answer.new ${PLACE}/answer`);
  }
}

async function isAsked(guest: RunningGuest): Promise<boolean> {
  return await guest.call('read_file', { path: `${PLACE}/traffic` }).then(
    () => true,
    (error: unknown) => {
      if (error instanceof AgentError) return false;
      throw error;
    },
  );
}

async function shell(guest: RunningGuest, script: string): Promise<void> {
  await guest.call('exec', { argv: ['/bin/sh', '-c', script] });
}

/**
 * Runs the traffic of a variant whose set-up is done, and returns the result for people: the verdict that a cell would have, each expectation, the
 * ledger. The steps of `after` are left out, since they may undo the set-up. Rejects with `GuestFailure` when the guest is lost.
 */
export async function trafficReport(
  bed: Testbed,
  ctx: StepContext,
  { kernel, variant: whole, index }: PreparedVariant,
): Promise<string> {
  const variant = { ...whole, after: [] };
  const captures: Record<string, Captured> = {};
  ctx.sources.splice(0);
  try {
    const observed = { variant, wanted: planReadings(variant, index) };
    const observations = await observeTraffic(bed, ctx, observed, new PhaseClock('traffic'), captures);
    const splats = await splatsOf(bed, observations.log);
    return textOf(judge({ observations, variant, kernel, splats, stop: null }));
  } catch (error) {
    if (!(error instanceof BpfrigError) || error instanceof GuestFailure) throw error;
    return `${[error.message, error.detail ?? ''].map(logText).join('\n').trim()}\n`;
  } finally {
    await stopCaptures(bed, variant.captures).catch(() => undefined);
  }
}

function textOf({ verdict, expectations, ledger, detail }: Judgement): string {
  const lines = [
    verdict,
    ...expectations.map(one => `  ${one.ok ? 'holds' : 'WRONG'}  ${expectationText(one)}`),
    ...ledgerText(ledger).map(line => `  ${line}`),
    ...(detail === null ? [] : detail.split('\n').map(line => `  ${logText(line)}`)),
  ];
  return `${lines.join('\n')}\n`;
}
