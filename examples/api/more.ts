// What the other snippets of docs/api.md are taken from.
import assert from 'node:assert/strict';
import { startGuest } from 'bpfrig';
import { OPTIONS } from './firewall.ts';

await using guest = await startGuest('7.3', OPTIONS);

const { errno, log } = await guest.load({ program: 'fw.careless' }, { refused: true });
assert.equal(errno, 'EACCES');
assert.match(log, /invalid mem access 'map_value_or_null'/);

await guest.attach({ program: 'fw.filter', to: 'rx', mode: 'native' });
await guest.send({ count: 100 });
await guest.expect('xdp.pass == 100', 'stack.delivered == sent');
await guest.send({ count: 20 });
await guest.expectLedger('stack.delivered == 20');
