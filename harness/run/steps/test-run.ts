import { testFrame } from '../../guest/frame.ts';
import { ENDS } from '../../packet/layer.ts';
import { buildFrame } from '../../packet/build.ts';
import { decodeFrame } from '../../packet/decode.ts';
import { contextType, getsPacket, wordsContext, type ContextType } from '../../object/program-context.ts';
import { decodeValue, encodeValue } from '../../object/values.ts';
import type { BpfObject } from '../../object/object.ts';
import type { StepOutcomes } from '../../scenario/step-results.ts';
import type { StepArgs } from '../../scenario/step-schema.ts';
import { BpfrigError } from '../../util/errors.ts';
import type { StepContext, StepValues } from './context.ts';
import { loadProgram } from './load-program.ts';
import { patienceMs } from './traffic.ts';

/** What a program is run over. */
interface Input {
  readonly data: Buffer | null;
  readonly ctx: Buffer | null;
}

/**
 * A program run over one packet that goes nowhere, or over a context alone: `retval`; of a packet `data_out` and `packet`, its layers; of a context
 * `ctx_out`.
 */
export async function testRun(
  ctx: StepContext,
  args: StepArgs<'test_run'>,
): Promise<StepOutcomes['test_run']> {
  const { program, config, maps, on, count, flags, batch, room } = args;
  const { handle, name } = await loadProgram(ctx, { program, config, maps });
  const { contents } = ctx.index.find(name).object;
  const type = contents.btf === null ? null : contextType(contents.btf, name);
  const data = packetOf(args, getsPacket(contents.btf, name));
  const context = await contextOf(ctx, args, { contents, type, data });
  const answer = await ctx.guest.call(
    'test_run',
    {
      program: handle,
      ...(data === null ? {} : { data: data.toString('hex') }),
      ...(context === null ? { dev: on } : { ctx: context.toString('hex') }),
      // Programs without a packet are run once, which some of their types do not let anyone say.
      repeat: data === null && count === 1 ? 0 : count,
      flags,
      batch,
      room,
    },
    { timeoutMs: patienceMs(count) },
  );
  return {
    retval: answer.retval,
    ...packetOut(answer.data_out),
    ...contextOut(answer.ctx_out, contents, type),
  };
}

function packetOf({ data, frame, size }: StepArgs<'test_run'>, getsOne: boolean): Input['data'] {
  if (data !== undefined) return Buffer.from(data.replaceAll(/\s/g, ''), 'hex');
  if (frame !== undefined) {
    const { size: wanted, ...description } = frame;
    return buildFrame(description, { ends: ENDS.tx, size: wanted });
  }
  return getsOne || size !== undefined ? testFrame(size ?? 64, 0) : null;
}

async function contextOf(
  ctx: StepContext,
  { ctx: given, on, program }: StepArgs<'test_run'>,
  { contents, type, data }: { contents: BpfObject; type: ContextType | null; data: Input['data'] },
): Promise<Input['ctx']> {
  if (given === undefined) return null;
  if (typeof given === 'string') return Buffer.from(given, 'hex');
  if (Array.isArray(given)) return wordsContext(given, ctx.byteOrder);
  if (contents.btf === null || type === null) {
    const why = contents.btf === null ? `${contents.label} has no BTF` : 'it takes no pointer to a struct';
    throw new BpfrigError('scenario', `\`ctx\` of program \`${program}\` has no members by name: ${why}`);
  }
  const end = type.name === 'xdp_md' && data !== null ? { data_end: data.length } : {};
  const ingress =
    on === undefined ? {} : { ingress_ifindex: (await ctx.guest.call('netdev', { dev: on })).ifindex };
  const members = { ...end, ...ingress, ...given };
  return encodeValue(contents.btf, type.type, members, 'ctx', contents.littleEndian);
}

function packetOut(dataOut: string | undefined): StepValues {
  if (dataOut === undefined) return {};
  return { data_out: dataOut, packet: decodeFrame(Buffer.from(dataOut, 'hex')) };
}

function contextOut(
  ctxOut: string | undefined,
  { btf, littleEndian }: BpfObject,
  type: ContextType | null,
): StepValues {
  if (ctxOut === undefined) return {};
  if (btf === null || type === null) return { ctx_out: ctxOut };
  return { ctx_out: decodeValue(btf, type.type, Buffer.from(ctxOut, 'hex'), littleEndian) };
}
