import type { Ram } from '../vm/devices.ts';
import type { GuestSpec } from '../vm/spec.ts';
import { hostNote } from '../util/host-notes.ts';
import { WrongClock } from './guest-clock.ts';
import { makeReady, type Preparation } from './make-ready.ts';
import { bootGuest, type BootedGuest, type StartOptions } from './running-guest.ts';
import { orDispose } from '../util/dispose.ts';

/** How many boots a host gets for a guest whose clock is right. */
const MOST_BOOTS = 3;

/** A guest that was booted and is ready for a cell. One whose clock is wrong is booted again a few times. Throws as `bootGuest` and `makeReady` do. */
export async function bootReady(
  spec: GuestSpec,
  preparation: Preparation,
  options: StartOptions,
  ram?: Ram,
): Promise<BootedGuest> {
  for (let boots = 1; ; boots += 1) {
    const booted = await bootGuest(spec, options, ram);
    try {
      return await orDispose(booted.guest, async () => {
        await makeReady(booted.guest, spec, preparation);
        return booted;
      });
    } catch (error) {
      if (!(error instanceof WrongClock) || boots === MOST_BOOTS) throw error;
      hostNote(`booted again: ${error.message}`);
    }
  }
}
