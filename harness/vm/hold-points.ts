import { architecture } from '../arch/architectures.ts';
import type { DebuggerView } from '../arch/architecture.ts';
import type { ByteOrder } from '../arch/byte-order.ts';
import type { ArchName } from '../model/kernel.ts';
import { BpfrigError } from '../util/errors.ts';
import { GdbRemote, TRAP, type Stop } from './gdb-remote.ts';
import { HoldProgress, type CpuPlace, type HoldPlace } from './hold-stage.ts';

/** One place at which a CPU is held, once. */
export interface Hold {
  /** Resolves when the CPU is there; rejects with `infra` where QEMU's stub fails. */
  readonly reached: Promise<void>;
  readonly state: 'armed' | 'held' | 'over';
  /** How often the place was reached. */
  readonly hits: number;
  /** Lets the CPU go on, or gives up a place that was not reached. Does nothing the second time. */
  end(): Promise<void>;
}

interface Entry {
  readonly cpu: number;
  readonly progress: HoldProgress;
  reach: () => void;
  fail: (error: unknown) => void;
  state: Hold['state'];
}

/**
 * CPUs of a guest that are held at instructions of its kernel while the others go on, by QEMU's gdb stub. It works with every kernel, in every
 * context and at every instruction, and costs nothing before the first one.
 *
 * A breakpoint stops all CPUs. `vCont` then lets those go on that it names (gdb_continue_partial() in gdbstub/system.c of QEMU): the CPU that is held is
 * not among them. A CPU that is not meant is stepped over the breakpoint, alone.
 */
export class HoldPoints {
  readonly #gdb: GdbRemote;
  readonly #view: DebuggerView;
  readonly #byteOrder: ByteOrder;
  readonly #threads: readonly number[];
  readonly #entries = new Set<Entry>();
  readonly #breakpoints = new Set<bigint>();
  /** One at a time has the stopped machine. */
  #turns: Promise<void> = Promise.resolve();
  /** Pending while the machine runs. */
  #running: Promise<Stop> | null = null;

  private constructor(gdb: GdbRemote, arch: ArchName, threads: readonly number[]) {
    this.#gdb = gdb;
    const { debugger: view, byteOrder } = architecture(arch);
    this.#view = view;
    this.#byteOrder = byteOrder;
    this.#threads = threads;
  }

  /** Begins a session with the stub at a Unix socket; the machine goes on. Throws `infra`. */
  static async open(path: string, arch: ArchName): Promise<HoldPoints> {
    const gdb = await GdbRemote.connect(path);
    try {
      const points = new HoldPoints(gdb, arch, await gdb.threads());
      points.#go();
      return points;
    } catch (error) {
      gdb.close();
      throw error;
    }
  }

  /** Arms a place. Throws `scenario` where no CPU would be left, `infra` where the stub fails. */
  async arm(place: HoldPlace): Promise<Hold> {
    if (!this.#threads.includes(place.cpu + 1))
      throw new BpfrigError('scenario', `the guest has no CPU ${place.cpu}: it has ${this.#threads.length}`);
    const others = new Set([...this.#live()].map(({ cpu }) => cpu));
    if (others.has(place.cpu))
      throw new BpfrigError('scenario', `CPU ${place.cpu} has a hold already: release that one first`);
    if (others.size + 1 >= this.#threads.length)
      throw new BpfrigError('scenario', 'a CPU must be left that is not held: the guest needs more `cpus`');
    const progress = new HoldProgress(place, this.#view.returnPops);
    const entry: Entry = { cpu: place.cpu, progress, state: 'armed', reach: noop, fail: noop };
    const reached = new Promise<void>((resolve, reject) => {
      entry.reach = resolve;
      entry.fail = reject;
    });
    // Whoever does not wait for it learns of a failure by the next request.
    reached.catch(noop);
    await this.#whileStopped(() => void this.#entries.add(entry));
    return {
      reached,
      get state() {
        return entry.state;
      },
      get hits() {
        return progress.hits;
      },
      end: () => this.#end(entry),
    };
  }

  async #end(entry: Entry): Promise<void> {
    if (entry.state === 'over') return;
    await this.#whileStopped(() => {
      entry.state = 'over';
      this.#entries.delete(entry);
    });
  }

  #live(): Entry[] {
    return [...this.#entries].filter(({ state }) => state !== 'over');
  }

  /** Stops the machine, does work, and lets it go on. */
  async #whileStopped(work: () => void): Promise<void> {
    await this.#inTurn(async () => {
      await this.#halt();
      work();
      await this.#resume();
    });
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turns.then(work);
    this.#turns = turn.catch(error => this.#fail(error));
    await turn;
  }

  #fail(error: unknown): void {
    for (const { fail } of this.#entries) fail(error);
  }

  /** Stops the machine where it runs. It may have stopped by itself meanwhile: that is looked at first. */
  async #halt(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    this.#gdb.interrupt();
    const stop = await running;
    this.#running = null;
    if (stop.signal === TRAP) await this.#look(stop);
  }

  async #resume(): Promise<void> {
    await this.#setBreakpoints(new Set(this.#live().flatMap(({ progress }) => progress.watched)));
    this.#go();
  }

  /** Lets all CPUs go on that are not held. */
  #go(): void {
    const held = new Set(this.#live().flatMap(({ cpu, state }) => (state === 'held' ? [cpu + 1] : [])));
    const going = this.#threads.filter(thread => !held.has(thread));
    const running = this.#gdb.resume(
      held.size === 0 ? 'vCont;c' : `vCont${going.map(thread => `;c:${hex(thread)}`).join('')}`,
    );
    this.#running = running;
    const onStop = async (): Promise<void> => {
      // Somebody else's turn has looked at it.
      if (this.#running !== running) return;
      await this.#halt();
      await this.#resume();
    };
    running.then(
      () => this.#inTurn(onStop).catch(() => undefined),
      error => this.#fail(error),
    );
  }

  /** A CPU is at a breakpoint, or has stopped for a reason that is gone. */
  async #look({ thread }: Stop): Promise<void> {
    await this.#gdb.ask(`Hg${hex(thread)}`);
    const pc = await this.#register(this.#view.pc);
    if (!this.#breakpoints.has(pc)) return;
    const seen = await this.#placeOf(thread, pc);
    for (const entry of this.#live()) {
      if (entry.state !== 'armed' || !entry.progress.watched.includes(pc)) continue;
      if (!entry.progress.visit(seen)) continue;
      entry.state = 'held';
      entry.reach();
    }
    if (this.#live().some(({ cpu, state }) => state === 'held' && cpu === seen.cpu)) return;
    await this.#stepOver(thread, pc);
  }

  /** Makes one instruction of one CPU, whose breakpoint is away meanwhile. It is there again before any CPU goes on. */
  async #stepOver(thread: number, pc: bigint): Promise<void> {
    await this.#setBreakpoints(new Set([...this.#breakpoints].filter(address => address !== pc)));
    await this.#gdb.step(`vCont;s:${hex(thread)}`);
  }

  /** Of the thread that was chosen. */
  async #placeOf(thread: number, pc: bigint): Promise<CpuPlace> {
    const { returnAddress: place } = this.#view;
    const sp = await this.#register(this.#view.sp);
    const returnAddress = place === 'on-stack' ? await this.#memory(sp) : await this.#register(place);
    return { cpu: thread - 1, pc, sp, returnAddress };
  }

  async #register(number: number): Promise<bigint> {
    return this.#numberOf(await this.#gdb.ask(`p${hex(number)}`));
  }

  /** Eight bytes of memory, as a number. */
  async #memory(address: bigint): Promise<bigint> {
    return this.#numberOf(await this.#gdb.ask(`m${hex(address)},8`));
  }

  #numberOf(bytes: string): bigint {
    const buffer = Buffer.from(bytes, 'hex');
    return this.#byteOrder === 'big' ? buffer.readBigUInt64BE() : buffer.readBigUInt64LE();
  }

  async #setBreakpoints(wanted: ReadonlySet<bigint>): Promise<void> {
    const [now, then] = [[...this.#breakpoints], [...wanted]];
    for (const address of now.filter(one => !wanted.has(one))) await this.#breakpoint('z', address);
    for (const address of then.filter(one => !now.includes(one))) await this.#breakpoint('Z', address);
  }

  /** Sets one (`Z`) or removes it (`z`). By the CPU's own means, so that under KVM the kernel's code stays as it is. */
  async #breakpoint(how: 'Z' | 'z', address: bigint): Promise<void> {
    await this.#gdb.ask(`${how}1,${hex(address)},${hex(this.#view.breakpointBytes)}`);
    if (how === 'Z') this.#breakpoints.add(address);
    else this.#breakpoints.delete(address);
  }
}

function noop(): void {
  // Replaced as soon as there is somebody to tell.
}

function hex(number: number | bigint): string {
  return number.toString(16);
}
