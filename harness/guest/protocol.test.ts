import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import t from 'tap';
import { buildGuestPrograms } from '../image/build.ts';
import { cacheRoot } from '../util/paths.ts';
import { OPS, type OpName } from './protocol.ts';
import { EXACT_MAX } from './protocol/words.ts';
import { wireArguments, type WireArgument } from './protocol/op.ts';
import { PROTOCOL_FILE, protocolText } from './protocol-text.ts';

// A cold cache builds the agent.
t.setTimeout(180_000);

/** What `bpfrig-agent describe` prints. */
interface Description {
  readonly ops: readonly { readonly op: string; readonly args: readonly WireArgument[] }[];
}

t.test('PROTOCOL.md is what is generated from protocol.ts', async t => {
  t.equal(readFileSync(PROTOCOL_FILE, 'utf8'), protocolText(), 'stale: run `npm run generate`');
});

t.test('the agent describes the same ops and arguments as protocol.ts', async t => {
  const { agent } = await buildGuestPrograms({ arch: 'amd64', cacheDir: cacheRoot() });
  const { stdout } = await execa(agent, ['describe']);
  const described = (JSON.parse(stdout) as Description).ops;
  t.same(described.map(({ op }) => op).toSorted(), Object.keys(OPS).toSorted(), 'the same ops');
  for (const { op, args } of described) {
    if (op in OPS) t.same(comparable(args), comparable(wireArguments(OPS[op as OpName])), op);
  }
});

/** Arguments in order of their names. Ranges of 64 bits end where JSON numbers are exact. */
function comparable(args: readonly WireArgument[]): Record<string, Omit<WireArgument, 'name'>> {
  const clamp = (value: number): number => Math.min(value, EXACT_MAX);
  const sorted = args.toSorted((a, b) => a.name.localeCompare(b.name));
  return Object.fromEntries(
    sorted.map(({ name, type, required, min, max }) => {
      const range = type === 'int' ? { min: clamp(min ?? NaN), max: clamp(max ?? NaN) } : {};
      return [name, { type, required, ...range }];
    }),
  );
}
