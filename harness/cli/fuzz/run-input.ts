import { BpfrigError } from '../../util/errors.ts';
import { FUZZ_TARGETS, type FuzzTargetName } from './targets.ts';

/** Feeds one input to a parser. Returns null when it was read or refused properly, otherwise the stack of what was thrown. */
export async function faultOf(name: FuzzTargetName, input: Buffer): Promise<string | null> {
  try {
    await FUZZ_TARGETS[name].run(input);
    return null;
  } catch (error) {
    if (error instanceof BpfrigError) return null;
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
