import { join } from 'node:path';
import { z } from 'zod';
import { PACKAGE_ROOT } from '../util/paths.ts';
import { OPS, ROOMS, type OpName } from './protocol.ts';
import { wireArguments, type Op, type WireArgument } from './protocol/op.ts';
import { EXACT_MAX } from './protocol/words.ts';

/** What stands before the ops: the parts of the protocol that have no schema. */
const INTRODUCTION = `# The agent's protocol

Generated from harness/guest/protocol.ts by \`npm run generate\`; a test fails when it is stale.

The agent is one static program. \`bpfrig-agent serve\` opens the virtio-serial port named \`bpfrig.agent\`, which is a Unix socket on the
host. There is one client at a time. \`bpfrig-agent describe\` prints the ops with their arguments as JSON; it runs anywhere.

Every message is one JSON object on one line (UTF-8, at most 16 MiB). The orchestrator sends requests, and the agent answers each exactly
once; answers of background requests come whenever they are ready.

    -> {"id":7,"op":"map_update","map":"cpus","key":"02000000","value":"00020000"}
    <- {"id":7,"ok":{}}
    <- {"id":7,"error":{"kind":"kernel","errno":"EINVAL","code":22,"where":"bpf(BPF_MAP_UPDATE_ELEM)","message":"...","log":null}}
    <- {"hb":41}

- \`hb\` is a heartbeat, every 500 ms from a thread of its own, for as long as a client is connected.
- \`kind\` is \`kernel\` (the system call \`where\` was refused: \`errno\` is its exact name, \`code\` its number), \`request\` (an unknown op, or
  an argument that is missing, wrong or unknown: the message names it), or \`agent\` (anything else, libbpf included). \`errno\` is null and
  \`code\` 0 except for \`kernel\`. \`log\` is the verifier's log, or null.
- A line that is no request (malformed, too long, not an object) is answered with \`"id":null\`.
- \`null\` for an argument is the same as leaving it out. Integers above 2^53 do not occur. Byte strings are lower-case hex.
- A request with \`"bg":true\` runs in a thread of its own, and further requests are served meanwhile.
- A session begins with \`hello\`. When the client disconnects, the agent drops everything that the session made (handles, links,
  attached programs), unless a client has called \`keep\`, and waits for the next client.
- Maps and programs are kept under the name (handle) that the request states, until \`close\`.

Frames that \`pktgen\`, \`send\` and \`udp\` send (\`test_run\` sends the bytes that it gets) are IPv4/UDP to port 9 with pktgen's payload: magic
0xbe9be955 at offset 42, the sequence number at 46 (big endian; from 0 for \`send\` and \`udp\`, as pktgen counts for \`pktgen\`). Flow f of F
uses UDP source port 9000 + first_flow + f, in turn; pktgen begins with flow 1, and each of its threads has F flows of its own. From
offset 58 on there are zeroes from pktgen, and a pattern from the others (bpf/bpfrig.h, BPFRIG_PATTERN).
`;

/** The generated document. */
export const PROTOCOL_FILE = join(PACKAGE_ROOT, 'images', 'agent', 'PROTOCOL.md');

/** The whole of images/agent/PROTOCOL.md. */
export function protocolText(): string {
  const rooms = Object.entries(ROOMS).map(([room, ops]) => {
    const sections = Object.keys(ops).map(name => opSection(name as OpName));
    return [`## ${room}/`, ...sections].join('\n\n');
  });
  return `${[INTRODUCTION, ...rooms]
    .join('\n\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

function opSection(name: OpName): string {
  const op: Op = OPS[name];
  return [`### ${name}`, op.summary, argumentList(op), `Answer: ${shapeOf(op.answer)}`]
    .filter(part => part !== '')
    .join('\n\n');
}

/** A list rather than a table: a formatter would pad a table's cells to its longest text. */
function argumentList(op: Op): string {
  return wireArguments(op)
    .map(argument => {
      const description = describe(op.args.shape[argument.name]);
      const facts = [typeOf(argument, op), ...(argument.required ? [] : ['optional'])].join(', ');
      return `- \`${argument.name}\` (${facts})${description === '' ? '' : `: ${description}`}`;
    })
    .join('\n');
}

function typeOf({ name, type, min, max }: WireArgument, op: Op): string {
  const words = wordsOf(op.args.shape[name]);
  if (words !== null) return words.map(word => `\`${word}\``).join(' | ');
  if (type !== 'int') return type;
  return max === EXACT_MAX ? `int, at least ${min}` : `int from ${min} to ${max}`;
}

/** The allowed words of an argument that is one of several. */
function wordsOf(schema: z.core.$ZodType | undefined): readonly string[] | null {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  return inner instanceof z.ZodEnum ? (inner.options as string[]) : null;
}

/** The description of a schema or of what it wraps. */
function describe(schema: z.core.$ZodType | undefined): string {
  if (!(schema instanceof z.ZodType)) return '';
  if (schema.description !== undefined) return schema.description;
  return schema instanceof z.ZodOptional || schema instanceof z.ZodReadonly ? describe(schema.unwrap()) : '';
}

/** The shape of an answer in one line, with what its fields mean after it. */
function shapeOf(schema: z.core.$ZodType): string {
  const notes: string[] = [];
  const shape = render(schema, notes);
  return `\`${shape}\`${notes.length === 0 ? '' : `\n\n${notes.join('\n')}`}`;
}

function render(schema: z.core.$ZodType, notes: string[]): string {
  if (schema instanceof z.ZodReadonly) return render(schema.unwrap(), notes);
  if (schema instanceof z.ZodArray) return `[${render(schema.element, notes)}, …]`;
  if (schema instanceof z.ZodRecord) return `{NAME: ${render(schema.valueType, notes)}, …}`;
  if (schema instanceof z.ZodUnion) return schema.options.map(option => render(option, notes)).join(' | ');
  if (schema instanceof z.ZodEnum) return schema.options.map(option => `"${option}"`).join(' | ');
  if (schema instanceof z.ZodObject) {
    const fields = Object.entries(schema.shape as Record<string, z.core.$ZodType>).map(([name, field]) => {
      const inner =
        field instanceof z.ZodOptional || field instanceof z.ZodExactOptional ? field.unwrap() : field;
      const note = describe(field);
      if (note !== '') notes.push(`- \`${name}\`: ${note}`);
      return `${name}${inner === field ? '' : '?'}: ${render(inner, notes)}`;
    });
    return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
  }
  if (schema instanceof z.ZodBoolean) return 'bool';
  if (schema instanceof z.ZodNumber) return 'int';
  if (schema instanceof z.ZodString) return schema.meta()?.['wire'] === 'hex' ? 'hex' : 'string';
  return 'any';
}
