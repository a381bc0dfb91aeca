import t from 'tap';
import { srat } from './numa.ts';

/** Rows of the table: a CPU as `cpu APIC node`, memory as `memory FROM SIZE node` in MiB. */
function rows(table: Buffer): string[] {
  const found: string[] = [];
  for (let at = 48; at < table.length; at += table.readUInt8(at + 1)) {
    const entry = table.subarray(at);
    if (entry[0] === 0) found.push(`cpu ${entry[3]} ${entry[2]}`);
    else
      found.push(
        `memory ${entry.readBigUInt64LE(8) >> 20n} ${entry.readBigUInt64LE(16) >> 20n} ${entry.readUInt32LE(2)}`,
      );
  }
  return found;
}

t.test('CPUs and memory are divided evenly, in a table that adds up to 0', async t => {
  const table = srat(2, { cpus: 6, memoryMiB: 512 });
  t.equal(table.toString('latin1', 0, 4), 'SRAT');
  t.equal(table.readUInt32LE(4), table.length);
  t.equal(
    table.reduce((sum, byte) => (sum + byte) & 0xff, 0),
    0,
  );
  // Three cores take two bits of the id.
  t.strictSame(rows(table), [
    'cpu 0 0',
    'cpu 1 0',
    'cpu 2 0',
    'cpu 4 1',
    'cpu 5 1',
    'cpu 6 1',
    'memory 0 256 0',
    'memory 256 256 1',
  ]);
});

t.test('memory beyond the hole below 4 GiB', async t => {
  t.strictSame(rows(srat(2, { cpus: 2, memoryMiB: 6144 })), [
    'cpu 0 0',
    'cpu 1 1',
    'memory 0 2048 0',
    'memory 4096 1024 0',
    'memory 5120 3072 1',
  ]);
});
