import { readCaptures, startCaptures, stopCaptures } from '../guest/captures.ts';
import type { Readings } from '../guest/readings.ts';
import type { Counters } from '../model/counters.ts';
import type { Captured, Observations } from '../model/observations.ts';
import { judge, type Judgement } from '../oracle/judge.ts';
import { NAMES } from '../oracle/subjects.ts';
import { capturedFrames, lossOf, type CapturedValue } from '../oracle/subjects/captured.ts';
import { beginCounting, observationsOf, readCounted, readPlan } from '../run/counting.ts';
import { STREAMS } from '../run/readings/check-name.ts';
import { planReadings } from '../run/readings/plan.ts';
import { splatsOf } from '../run/splats-of.ts';
import { settleFaults } from '../run/steps/fault.ts';
import { settleHolds } from '../run/steps/hold.ts';
import type { StepContext } from '../run/steps/context.ts';
import { waitUntilIdle } from '../run/wait-until-idle.ts';
import { isSource } from '../scenario/device-steps.ts';
import { readCapture, readExpectations, type CaptureInput } from '../scenario/pieces.ts';
import type { Capture, Expectation, PlainStep, ResolvedVariant } from '../scenario/scenario.ts';
import { BpfrigError } from '../util/errors.ts';
import type { Driver } from './driver.ts';
import { EarlierRecords } from './earlier-records.ts';
import { ExpectationError } from './expectation-error.ts';

/** A ledger that balances, and the counters that it is drawn up from. */
export interface BalancedLedger extends Pick<Judgement, 'counters'> {
  readonly ledger: NonNullable<Judgement['ledger']>;
}

/**
 * Counts a guest in rounds. A round has a beginning, steps that send, and readings, each of which has everything since the beginning. It
 * begins when the guest starts, when that is asked for, and by itself with the first step that sends after a reading: so what moves while
 * something is set up is in no count.
 */
export class Rounds {
  readonly #driver: Driver;
  /** `waiting`: nothing was sent yet, and the first step that sends begins anew. `read`: so does the next one. */
  #state: 'waiting' | 'counting' | 'read' = 'waiting';
  #before: Readings | null = null;
  /** How many steps were done before. */
  #setup = 0;
  #records = new EarlierRecords();
  #captures: { readonly plan: Capture; readonly captured: Captured }[] = [];
  /** Everything that was expected in this round: it says which packets are meant to be lost. */
  #expected: Expectation[] = [];
  /** Ids of the programs that were on devices when it began. */
  #onDevices: ReadonlySet<number> = new Set();
  /** What begins and what reads takes turns. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(driver: Driver) {
    this.#driver = driver;
    driver.beforeStep = step => this.#beforeStep(step);
  }

  /** Begins a round. */
  async begin(): Promise<void> {
    await this.#inTurn(() => this.#begin('counting'));
  }

  /** The first one, of a guest that has just started. */
  async beginFirst(): Promise<void> {
    await this.#inTurn(() => this.#begin('waiting'));
  }

  /** The counters of the round, and what objects hold, as far as `names` name it. */
  async counters(names: readonly string[]): Promise<Counters> {
    const named = this.#read(names);
    return (await this.#judged([], named)).counters;
  }

  /** Throws `ExpectationError` for the first expression that does not hold. */
  async expect(texts: readonly string[]): Promise<void> {
    const expectations = this.#read(texts);
    const { expectations: results, verdict, reason, ...seen } = await this.#judged(expectations);
    this.#expected.push(...expectations);
    const broken = results.find(({ error }) => error !== null);
    if (broken !== undefined)
      throw new BpfrigError('scenario', `\`${broken.expr}\` cannot be evaluated: ${String(broken.error)}`);
    const wrong = results.find(({ ok }) => !ok);
    if (verdict === 'error') throw new BpfrigError('harness', reason);
    if (wrong === undefined) return;
    const values = wrong.values === null ? '' : `   (${wrong.values})`;
    throw new ExpectationError(`${wrong.expr}${values}`, seen);
  }

  /** The ledger of the round. Throws `ExpectationError` when it does not balance, when an expression does not hold, and for any splat. */
  async expectLedger(texts: readonly string[]): Promise<BalancedLedger> {
    const expectations = this.#read(texts);
    this.#expected.push(...expectations);
    const { ctx } = this.#driver;
    // A step that was begun may wait for a CPU that is held.
    await this.#alive('expectLedger', () => settleHolds(ctx, () => this.#driver.settled()));
    await this.#alive('expectLedger', () => settleFaults(ctx));
    const { verdict, reason, counters, ledger, detail, hints } = await this.#judged(this.#expected);
    if (verdict === 'error') throw new BpfrigError('harness', reason, { detail });
    if (verdict !== 'pass') {
      const lines = [detail ?? [], hints].flat();
      throw new ExpectationError(reason, { counters, ledger, lines });
    }
    if (ledger === null || ledger.absent !== null)
      throw new BpfrigError(
        'usage',
        'expectLedger: no step has sent anything in this round: there is no ledger',
      );
    return { counters, ledger };
  }

  /** Keeps the frames of a device while work is done, and until the guest is idle. */
  async capture(input: CaptureInput, work: () => Promise<unknown>): Promise<CapturedValue[]> {
    const plan = readCapture(input, this.#driver.stage);
    const { bed, stage } = this.#driver;
    await this.#alive('capture', () => startCaptures(bed, [plan], stage.topology));
    const into: Record<string, Captured> = {};
    try {
      await work();
      await this.#driver.settled();
      await this.#alive('capture', () => waitUntilIdle(bed, readPlan(this.#driver.ctx)));
      await this.#alive('capture', () => readCaptures(bed, [plan], into));
    } finally {
      // Of a guest that is lost, what was thrown counts.
      if (this.#driver.lost === null) await this.#alive('capture', () => stopCaptures(bed, [plan]));
    }
    const captured = into[plan.on] ?? { frames: [], lost: 0 };
    if (captured.lost > 0) throw new ExpectationError(lossOf(plan.on, captured));
    this.#captures = [...this.#captures.filter(one => one.plan.on !== plan.on), { plan, captured }];
    return capturedFrames(captured);
  }

  async #beforeStep(step: PlainStep): Promise<void> {
    if (!isSource(step)) return;
    await this.#inTurn(async () => {
      if (this.#state !== 'counting') await this.#begin('counting');
    });
  }

  async #begin(state: 'waiting' | 'counting'): Promise<void> {
    const { bed, ctx, stage, index, done } = this.#driver;
    ctx.sources.splice(0);
    const streams = index.own.flatMap(object =>
      object.contents.maps.filter(({ type }) => STREAMS.has(type)).map(map => ({ object, map })),
    );
    const stats = index.own.length > 0;
    this.#before = await this.#alive('begin', () =>
      beginCounting(bed, ctx, stage.observe, { streams, stats }),
    );
    this.#setup = done.length;
    this.#onDevices = onDevices(ctx);
    this.#records = new EarlierRecords();
    this.#captures = [];
    this.#expected = [];
    this.#state = state;
  }

  #read(texts: readonly string[]): Expectation[] {
    const captures = this.#captures.map(({ plan }) => plan);
    return readExpectations(texts, this.#driver.stage, NAMES, captures);
  }

  /** Reads the round and judges it. `named`: expressions that only say what is read. */
  async #judged(
    expect: readonly Expectation[],
    named: readonly Expectation[] = [],
  ): Promise<Judgement & { readonly hints: readonly string[] }> {
    await this.#driver.settled();
    return await this.#inTurn(async () => {
      const observations = await this.#alive('reading', () => this.#observe([...expect, ...named]));
      const { bed, kernel } = this.#driver;
      const splats = await splatsOf(bed, observations.log);
      if (this.#state === 'counting') this.#state = 'read';
      const variant = this.#variant(expect);
      const judgement = judge({ observations, variant, kernel, splats, stop: null, expectsNothing: true });
      return { ...judgement, hints: observations.hints ?? [] };
    });
  }

  async #observe(named: readonly Expectation[]): Promise<Observations> {
    const { bed, ctx, index } = this.#driver;
    const wanted = planReadings(this.#variant(named), index);
    const before = this.#before;
    if (before === null) throw new BpfrigError('harness', 'a guest that does not count');
    await waitUntilIdle(bed, readPlan(ctx));
    const counted = await readCounted(bed, ctx, before, wanted);
    const captures = Object.fromEntries(this.#captures.map(({ plan, captured }) => [plan.on, captured]));
    const observations = await observationsOf(bed, ctx, counted, { captures, explain: false });
    // A program of a round before, which no packet of this one could come to, is no part of it.
    const there = new Set([...this.#onDevices, ...onDevices(ctx)]);
    const programs = observations.programs.filter(
      ({ id, role, actions }) =>
        role !== 'main' || there.has(id) || Object.values(actions).some(count => count > 0),
    );
    return { ...observations, programs, objects: this.#records.before(counted.objects) };
  }

  #variant(expect: readonly Expectation[]): ResolvedVariant {
    const { stage, done } = this.#driver;
    const { topology, guest, objects, observe, records, changes } = stage;
    return {
      variant: {},
      suffix: '',
      requires: [],
      changes,
      topology,
      guest,
      objects,
      records,
      observe,
      after: [],
      known: [],
      captures: this.#captures.map(({ plan }) => plan),
      setup: done.slice(0, this.#setup),
      traffic: done.slice(this.#setup),
      expect,
    };
  }

  #alive<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.#driver.alive(what, work);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

/** Ids of the programs that are attached to devices. */
function onDevices({ links, programs }: StepContext): Set<number> {
  return new Set(links.all.flatMap(({ xdp }) => (xdp === null ? [] : (programs.get(xdp.program)?.id ?? []))));
}
