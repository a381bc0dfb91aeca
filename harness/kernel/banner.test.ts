import t from 'tap';
import { bannerIn, parseBanner } from './banner.ts';
import { BANNER, tinyElf } from './testing.ts';

t.test('the banner of a kernel is the text, not the format string', async t => {
  t.equal(bannerIn(tinyElf()), `Linux version ${BANNER}`);
  t.equal(bannerIn(Buffer.from('\x7fELF nothing here')), null);
});

t.test('release and upstream version are parsed from a banner', async t => {
  const rows: [string, string, string][] = [
    [BANNER, '5.10.0-46-amd64', '5.10.262'],
    [`Linux version ${BANNER}`, '5.10.0-46-amd64', '5.10.262'],
    ['7.3.4+deb13-amd64 (a@b) (gcc) #1 SMP Debian 7.3.4-1~bpo13+1 (2026)', '7.3.4+deb13-amd64', '7.3.4'],
    ['6.19.0-rc3-dirty (me@box) #2 SMP', '6.19.0-rc3-dirty', '6.19.0'],
    ['7.4-custom (me@box) #2', '7.4-custom', '7.4.0'],
  ];
  for (const [banner, release, version] of rows)
    t.strictSame(parseBanner(banner), { release, version }, banner);
  t.equal(parseBanner('not a kernel'), null);
});
