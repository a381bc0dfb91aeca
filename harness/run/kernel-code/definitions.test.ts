import t from 'tap';
import { functionFinder } from './definitions.ts';

const SOURCE = `/* boil(water) */
#define CUPS(n) \\
	(n)
static const struct tea teas[] = {
	{ .name = "green" },
};

static int boil(int degrees)
{
	if (degrees) {
		return 1;
	}
	return 0;
}
/* A comment. */
static __always_inline struct tea *
pour(struct tea *tea,
     int cups)
{
	return tea;
}
static inline void spill(void) { }
struct cup {
	int size;
};
static int last(void)
{
`.split('\n');

t.test('the function of a line, by its text', async t => {
  const functionAt = functionFinder(SOURCE);
  t.strictSame(
    SOURCE.map((_, i) => functionAt(i + 1)),
    [
      ...Array<string>(7).fill(''),
      ...Array<string>(7).fill('boil'),
      '',
      ...Array<string>(6).fill('pour'),
      'spill',
      ...Array<string>(6).fill(''),
    ],
  );
  t.equal(functionAt(1000), '');
  t.equal(functionFinder([''])(1), '');
});
