import { withoutTime } from '../vm/splats.ts';
import type { RunningGuest } from './running-guest.ts';

/** The guests of one cell: the one with the device under test, and the one that sends, which may be the same. */
export class Testbed implements AsyncDisposable {
  /** Has device `rx`, the programs and the maps. */
  readonly dut: RunningGuest;
  /** Has device `tx`; `dut` itself except in topology `link`. */
  readonly generator: RunningGuest;

  constructor(dut: RunningGuest, generator: RunningGuest = dut) {
    this.dut = dut;
    this.generator = generator;
  }

  /** Each guest once. */
  get guests(): readonly RunningGuest[] {
    return this.dut === this.generator ? [this.dut] : [this.dut, this.generator];
  }

  /** Does work and ends it with `GuestFailure` as soon as a guest is lost. */
  whileAlive<T>(work: Promise<T>): Promise<T> {
    return this.guests.reduce((inner, guest) => guest.whileAlive(inner), work);
  }

  /** What the kernels have complained of on their consoles so far, without times; the generator's lines have its name in front. */
  async complaints(): Promise<string[]> {
    await Promise.all(this.guests.map(({ vm }) => vm.console.poll()));
    return this.guests.flatMap(guest =>
      guest.vm.console.splats.map(({ line }) => named(guest, withoutTime(line))),
    );
  }

  /** The last lines of the consoles; the generator's have its name in front. */
  get consoleTail(): string[] {
    return this.guests.flatMap(guest => guest.vm.console.tail.map(line => named(guest, line)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.guests.map(guest => guest[Symbol.asyncDispose]()));
  }
}

function named({ name }: RunningGuest, line: string): string {
  return name === null ? line : `${name}: ${line}`;
}
