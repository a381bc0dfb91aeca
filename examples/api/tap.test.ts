import { withGuest } from 'bpfrig';
import t from 'tap';
import { dropsWhatIsListed, OPTIONS } from './firewall.ts';

t.test('the firewall drops what is on its list', { timeout: 120_000 }, async () => {
  await withGuest('7.3', OPTIONS, dropsWhatIsListed);
});
