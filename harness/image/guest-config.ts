import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { architecture } from '../arch/architectures.ts';
import type { ArchName } from '../model/kernel.ts';
import { BpfrigError, messageOf } from '../util/errors.ts';
import { PACKAGE_ROOT } from '../util/paths.ts';

const schema = z.strictObject({
  programs: z.record(z.string().startsWith('/'), z.string()),
  modules: z.strictObject({ required: z.array(z.string()), optional: z.array(z.string()) }),
  files: z.record(z.string().startsWith('/'), z.string()),
});

/** Content of images/guest.yaml: what the guest's initramfs contains. */
export type GuestConfig = z.infer<typeof schema>;

/** The modules of guests of an architecture: those of all guests, and the drivers of its machine. */
export function modulesFor(arch: ArchName, { modules }: GuestConfig): GuestConfig['modules'] {
  const { drivers } = architecture(arch).machine;
  return {
    required: [...Object.keys(drivers.required), ...modules.required],
    optional: [...modules.optional, ...drivers.optional],
  };
}

/** Reads images/guest.yaml. Throws a `usage` error that names the file and the entry. */
export async function readGuestConfig(root = PACKAGE_ROOT): Promise<GuestConfig> {
  const path = join(root, 'images', 'guest.yaml');
  try {
    return schema.parse(parse(await readFile(path, 'utf8')));
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    const [first = ''] = detail.split('\n');
    throw new BpfrigError('usage', `images/guest.yaml: ${first}`, { detail, cause: error });
  }
}
