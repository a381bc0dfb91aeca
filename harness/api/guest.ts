import { readGuestFile } from '../guest/command.ts';
import type { FeatureName } from '../kernel/features.ts';
import type { Counters } from '../model/counters.ts';
import type { Kernel } from '../model/kernel.ts';
import { decideFeatures } from '../oracle/features.ts';
import type { CapturedValue } from '../oracle/subjects/captured.ts';
import { splatsOf } from '../run/splats-of.ts';
import type { AnyStep, CaptureInput } from '../scenario/pieces.ts';
import type { StepOutcomes } from '../scenario/step-results.ts';
import type { StepInput } from '../scenario/step-schema.ts';
import type { Held } from '../util/dispose.ts';
import { BpfrigError } from '../util/errors.ts';
import type { GuestFailure } from '../vm/failure.ts';
import type { Driver, KindOf, RefusedStep } from './driver.ts';
import { ExpectationError } from './expectation-error.ts';
import { GuestMaps, type ExpectRefusal } from './maps.ts';
import type { BalancedLedger, Rounds } from './rounds.ts';

/** The kernel of a guest. `id` is as a report's column; `version` is upstream's, `release` that of `uname -r`. */
export type GuestKernel = Pick<Kernel, 'id' | 'series' | 'version' | 'release'>;

/** The largest file that is read out of a guest, in bytes. */
const FILE_BYTES = 256 * 1024 * 1024;

/**
 * A guest that runs, in which a program does steps of scenario files one by one, and which is counted as a cell is. Every method rejects
 * with `GuestFailure` as soon as the guest is lost, with `StepFailure` for what the kernel refuses, and with `BpfrigError` for a mistake.
 * Disposing ends it and leaves nothing.
 */
export class StartedGuest implements AsyncDisposable {
  readonly kernel: GuestKernel;
  readonly maps: GuestMaps;
  readonly #driver: Driver;
  readonly #rounds: Rounds;
  readonly #held: Held;
  #ended: Promise<void> | null = null;

  /** For `startGuest`. */
  constructor(driver: Driver, rounds: Rounds, held: Held) {
    const { id, series, version, release } = driver.kernel;
    this.kernel = { id, series, version, release };
    this.maps = new GuestMaps(driver);
    this.#driver = driver;
    this.#rounds = rounds;
    this.#held = held;
  }

  /** Does any step of a scenario file: `step({ stall: { cpu: 2 } })`. With `refused`, the kernel has to refuse it. */
  step<S extends AnyStep>(step: S): Promise<StepOutcomes[KindOf<S>]>;
  step(step: AnyStep, expect: ExpectRefusal): Promise<RefusedStep>;
  async step(step: AnyStep, expect?: ExpectRefusal): Promise<unknown> {
    return await (expect === undefined ? this.#driver.step(step) : this.#driver.refusal(step));
  }

  /** Loads a whole object, as its own loader would, or one program. */
  load(args: StepInput<'load'>): Promise<StepOutcomes['load']>;
  load(args: StepInput<'load'>, expect: ExpectRefusal): Promise<RefusedStep>;
  async load(load: StepInput<'load'>, expect?: ExpectRefusal): Promise<unknown> {
    return await (expect === undefined ? this.step({ load }) : this.step({ load }, expect));
  }

  /** Attaches a program, and loads it before where that was not done. */
  attach(args: StepInput<'attach'>): Promise<StepOutcomes['attach']>;
  attach(args: StepInput<'attach'>, expect: ExpectRefusal): Promise<RefusedStep>;
  async attach(attach: StepInput<'attach'>, expect?: ExpectRefusal): Promise<unknown> {
    return await (expect === undefined ? this.step({ attach }) : this.step({ attach }, expect));
  }

  /** Undoes `attach`. */
  async detach(detach: StepInput<'detach'>): Promise<StepOutcomes['detach']> {
    return await this.step({ detach });
  }

  /** Sends frames with numbers, by pktgen, or by an AF_PACKET socket where that is not safe. */
  async frames(frames: StepInput<'frames'>): Promise<StepOutcomes['frames']> {
    return await this.step({ frames });
  }

  /** Sends frames that are described by their layers, by their bytes, or in a pcap file. */
  async packets(packets: StepInput<'packets'>): Promise<StepOutcomes['packets']> {
    return await this.step({ packets });
  }

  /** Sends with the kernel's pktgen. */
  async pktgen(pktgen: StepInput<'pktgen'>): Promise<StepOutcomes['pktgen']> {
    return await this.step({ pktgen });
  }

  /** Sends frames from an AF_PACKET socket: step `send`. `on` is `tx` without it. */
  async send(
    args: Omit<StepInput<'send'>, 'on'> & Partial<Pick<StepInput<'send'>, 'on'>>,
  ): Promise<StepOutcomes['send']> {
    return await this.step({ send: { on: 'tx', ...args } });
  }

  /** Runs a program over one packet that goes nowhere: BPF_PROG_TEST_RUN. */
  async testRun(args: StepInput<'test_run'>): Promise<StepOutcomes['test_run']> {
    return await this.step({ test_run: args });
  }

  /**
   * Runs a command. Rejects when it ends with another status than `status`, which is 0 without it; with `{ reject: false }` any status is
   * right.
   */
  async exec(
    exec: StepInput<'exec'>,
    { reject = true }: { readonly reject?: boolean } = {},
  ): Promise<StepOutcomes['exec']> {
    return await (reject ? this.step({ exec }) : this.#driver.anyOutcome({ exec }));
  }

  /** Reads a file of the guest. Throws for one of more than 256 MiB. */
  async readFile(path: string): Promise<Buffer> {
    const { bed } = this.#driver;
    const content = await this.#driver.alive('readFile', () => readGuestFile(bed.dut, path, FILE_BYTES));
    if (content !== null) return content;
    throw new BpfrigError('infra', `${path} in the guest has more than ${FILE_BYTES / 1024 ** 2} MiB`);
  }

  /**
   * Begins to count anew. The first step that sends after a reading does so too; call it where packets come from elsewhere, as from a
   * command, or where what is set up is to be counted.
   */
  async begin(): Promise<void> {
    await this.#rounds.begin();
  }

  /**
   * Waits until the guest is idle and reads what it has counted since counting began: the names that expectations have. What objects hold
   * is read where `names` say so: `counters('maps.fw.stats', 'globals.fw.total')`.
   */
  async counters(...names: string[]): Promise<Counters> {
    return await this.#rounds.counters(names);
  }

  /** Waits until the guest is idle. Rejects with `ExpectationError`, and with the values, when an expression is not true. */
  async expect(...expressions: string[]): Promise<void> {
    await this.#rounds.expect(expressions);
  }

  /**
   * Waits until the guest is idle and judges it as a cell is judged, by what was expected since counting began. Rejects with
   * `ExpectationError` when packets are not accounted for, when they are lost where no expectation names it, and for any splat.
   */
  async expectLedger(...expressions: string[]): Promise<BalancedLedger> {
    return await this.#rounds.expectLedger(expressions);
  }

  /** Keeps the frames that a device receives while `work` is done. Afterwards expressions can read them as `captured.DEVICE`. */
  async capture(on: CaptureInput, work: () => Promise<unknown>): Promise<CapturedValue[]> {
    return await this.#rounds.capture(on, work);
  }

  /** Why the kernel does not have what `requires` of a scenario file names, one sentence; null when it has all of it. */
  lacks(...features: FeatureName[]): string | null {
    const { kernel, bed } = this.#driver;
    const decision = decideFeatures(features, kernel, { probes: bed.dut.ready.probes, config: null });
    if (decision.action === 'run') return null;
    if (decision.action === 'skip') return decision.reason;
    throw new BpfrigError('topology', decision.reason);
  }

  /** Rejects with `ExpectationError` when the guest's kernel has complained: WARN, BUG, KASAN, lockdep, a stall. */
  async expectNoSplat(): Promise<void> {
    const { bed } = this.#driver;
    const { logStart } = bed.dut.ready;
    const { lines } = await this.#driver.alive('expectNoSplat', () =>
      bed.dut.call('kmsg', { since: logStart }),
    );
    const splats = await splatsOf(bed, lines);
    if (splats.length > 0)
      throw new ExpectationError(`the kernel complained: ${splats.join('; ')}`, { lines: this.consoleTail });
  }

  /** How the guest was lost, once a method has rejected with it; null as long as none has. */
  get lost(): GuestFailure | null {
    return this.#driver.lost;
  }

  /** The last lines of its console. */
  get consoleTail(): readonly string[] {
    return this.#driver.bed.consoleTail;
  }

  /** Ends the guest. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#driver.end();
    this.#ended ??= this.#held[Symbol.asyncDispose]();
    await this.#ended;
  }
}
