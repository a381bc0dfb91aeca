import t from 'tap';
import { NEEDS } from '../kernel/needs.ts';
import { readGuestConfig } from './guest-config.ts';

t.test('every module that guests are given is a row of what they need', async t => {
  const { modules } = await readGuestConfig();
  const uses = new Map(NEEDS.flatMap(({ module, use }) => (module === undefined ? [] : [[module, use]])));
  for (const name of modules.required) t.equal(uses.get(name), 'guest', name);
  for (const name of modules.optional) t.ok(uses.has(name) && uses.get(name) !== 'guest', name);
});
