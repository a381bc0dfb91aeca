import t from 'tap';
import { newRunId } from './run-id.ts';

t.test('runs of one process in the same second have names of their own', async t => {
  const [now, later] = [new Date('2026-01-31T14:59:59Z'), new Date('2026-01-31T15:00:00Z')];
  const first = `20260131-145959-${process.pid}`;
  t.same([newRunId(now), newRunId(now), newRunId(now)], [first, `${first}-2`, `${first}-3`]);
  t.equal(newRunId(later), `20260131-150000-${process.pid}`);
});
