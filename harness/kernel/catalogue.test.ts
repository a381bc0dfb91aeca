import t from 'tap';
import { CATALOGUE_FILE, loadCatalogue, parseCatalogue, seriesOf } from './catalogue.ts';

const ENTRY = 'default: true, suites: [trixie], flavours: [amd64]';
const SUITES = 'suites: { trixie: { archive: debian } }';

t.test("the project's own kernels.yaml is valid", async t => {
  const catalogue = loadCatalogue(CATALOGUE_FILE);
  t.strictSame(seriesOf(catalogue, 'default'), ['5.10', '6.1', '6.12', '6.18', '7.3']);
  t.ok(seriesOf(catalogue, 'all').length > 5);
  const ignoring = Object.keys(catalogue.suites).filter(suite => catalogue.suites[suite]?.ignoreValidUntil);
  t.strictSame(
    ignoring,
    ['bullseye', 'bullseye-security'],
    'an expired index is accepted only for a suite that has ended',
  );
});

t.test('an invalid kernels.yaml is refused, and the message names the place', async t => {
  const refused: [string, string, RegExp][] = [
    [
      'unquoted series',
      `series: { 6.10: { ${ENTRY} } }\n${SUITES}`,
      /YAML reads the series 6\.1 as a number.*quote it/,
    ],
    [
      'unknown suite',
      `series: { '6.1': { ${ENTRY.replace('trixie', 'sid')} } }\n${SUITES}`,
      /suite sid is not in suites/,
    ],
    ['unknown field', `series: { '6.1': { ${ENTRY}, colour: red } }\n${SUITES}`, /series\.6\.1: .*colour/],
    ['not YAML', 'series: {', /not valid YAML/],
    ['not a series name', `series: { newest: { ${ENTRY} } }\n${SUITES}`, /series/],
  ];
  for (const [name, text, message] of refused) {
    t.throws(() => parseCatalogue(text, 'kernels.yaml'), { code: 'usage', message }, name);
  }
});
