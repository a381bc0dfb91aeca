import test from 'node:test';
import { withGuest } from 'bpfrig';
import { dropsWhatIsListed, OPTIONS } from './firewall.ts';

test('the firewall drops what is on its list', async () => {
  await withGuest('7.3', OPTIONS, dropsWhatIsListed);
});
