import { withGuest } from 'bpfrig';
import { test } from 'vitest';
import { dropsWhatIsListed, OPTIONS } from './firewall.ts';

test('the firewall drops what is on its list', { timeout: 120_000 }, async () => {
  await withGuest('7.3', OPTIONS, dropsWhatIsListed);
});
