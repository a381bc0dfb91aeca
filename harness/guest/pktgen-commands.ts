import { ipBytes, isIp6 } from '../util/addresses.ts';

const ETHERTYPE_VLAN = 0x8100;

/** What commands of pktgen change in its frames. */
export interface PktgenCommands {
  /** VLAN protocol and TCI; 0: no tag. */
  readonly tag: number;
  readonly tos: number;
  /** With a UDP checksum. */
  readonly checksum: boolean;
  /** With the time in them. */
  readonly timed: boolean;
  /** IPv6 instead of IPv4; null: IPv4. */
  readonly ip6: {
    readonly source: Buffer;
    readonly destination: Buffer;
    readonly trafficClass: number;
  } | null;
}

/** Reads the commands that bpfrig knows to change a frame; of several of the same name the last one counts. */
export function pktgenCommands(commands: readonly string[]): PktgenCommands {
  const text = (name: string): string | null =>
    commands
      .findLast(command => command.startsWith(`${name} `))
      ?.slice(name.length + 1)
      .trim() ?? null;
  const value = (name: string, radix = 10): number | null => {
    const found = text(name);
    return found === null ? null : Number.parseInt(found, radix);
  };
  const id = value('vlan_id');
  // pktgen's VLAN_TAG_SIZE: no tag without vlan_id, nor with 4096 and above.
  const isTagged = id !== null && id < 4096;
  const tci = ((value('vlan_p') ?? 0) << 13) | ((value('vlan_cfi') ?? 0) << 12) | (id ?? 0);
  const [source, destination] = [text('src6'), text('dst6')];
  const isIp6 = source !== null || destination !== null;
  return {
    tag: isTagged ? ETHERTYPE_VLAN * 0x10000 + tci : 0,
    tos: value('tos', 16) ?? 0,
    checksum: commands.includes('flag UDPCSUM'),
    timed: commands.includes('flag !NO_TIMESTAMP'),
    ip6: isIp6
      ? {
          source: addressOf(source),
          destination: addressOf(destination),
          trafficClass: value('traffic_class', 16) ?? 0,
        }
      : null,
  };
}

/** The bytes of an address; zeroes without one, and for what pktgen refuses. */
function addressOf(text: string | null): Buffer {
  return text !== null && isIp6(text) ? ipBytes(text) : Buffer.alloc(16);
}
