import type { Observations } from '../../model/observations.ts';
import { BpfrigError } from '../../util/errors.ts';
import type { Account, CellView, Subject } from '../subject.ts';
import { sum } from '../tally.ts';
import { branch, number, open } from '../words.ts';

/** Frames that did not come over the wire: live frames, and what pktgen put into the receiving side itself. */
export function injected({ sources }: Observations): number {
  return sum(sources.filter(isInjector), ({ sent }) => sent);
}

/** What a kernel sent by itself, and reached the stack. */
export function foreignPackets({ stack }: Observations): number {
  return sum(stack, ({ foreign }) => foreign);
}

/** The traffic sources and the two devices. */
export const wire: Subject = {
  name: 'wire',
  title: 'What the traffic sources sent, and what the two devices carried.',
  tables: [],
  semantics: [],
  faults: ['wire', 'back'],
  words: {
    sent: number('packets', 'The same as `source.sent`.'),
    source: branch('What the traffic sources report of their own work.', {
      sent: number('packets', 'Packets that the kernel took from the sources.'),
      errors: number('packets', 'Packets that the device refused while a source was sending.'),
      requested: number('packets', 'Packets that the scenario asked for.'),
    }),
    rx: device('rx', 'receiving'),
    tx: device('tx', 'sending'),
    devices: open(
      'All statistics of devices `rx` and `tx`, sysfs and ethtool, under their own names; of every other device of the guest under test what /proc/net/dev has: `devices.p1.tx_packets`.',
    ),
  },
  account,
};

function device(role: string, doing: string) {
  return branch(`The ${doing} device, by its statistics in sysfs.`, {
    packets: number('packets', `\`${role}_packets\` of the device.`),
    dropped: number('packets', `\`${role}_dropped\` of the device.`),
  });
}

/**
 * `sent` are the frames that the device took. A frame that it dropped is in tx_dropped; where the source learns of it (veth since
 * 151e887d8ff9, 6.6, in 6.1 and 5.10 too) it is in the source's errors and not in `sent`, and the source sent another.
 *
 * Throws a BpfrigError with code `harness` when a device was read without its packet counters.
 */
function account({ seen, main }: CellView): Account {
  const [rx, tx] = [countersOf(seen, 'rx'), countersOf(seen, 'tx')];
  const sent = sum(seen.sources, one => one.sent);
  const back = sum(seen.sources.filter(isBackward), one => one.sent);
  const senders = seen.sources.filter(source => !isInjector(source) && !isBackward(source));
  const foreign = foreignPackets(seen);
  const refused = sum(senders, ({ errors }) => errors);
  return {
    counters: {
      sent,
      source: {
        sent,
        errors: sum(seen.sources, ({ errors }) => errors),
        requested: sum(seen.sources, ({ requested }) => requested),
      },
      rx,
      tx,
      devices: seen.devices,
    },
    stages: [
      {
        name: 'wire',
        always: true,
        enters: {
          sent: { packets: sum(senders, one => one.sent) },
          // They came over the wire as well.
          ...(foreign === 0 ? {} : { foreign: { packets: foreign } }),
        },
        out: {
          'rx.packets': { packets: rx.packets, to: main.length > 0 ? 'xdp' : 'stack' },
          'tx.dropped': {
            packets: Math.max(0, tx.dropped - refused),
            ends: 'lost',
            claims: ['devices.tx.tx_dropped'],
          },
        },
      },
      {
        name: 'back',
        enters: { sent: { packets: back } },
        // The device also transmits what programs send back.
        out: {
          'rx.sent': { packets: Math.min(back, seen.devices['rx']?.['tx_packets'] ?? 0), ends: 'delivered' },
        },
      },
    ],
  };
}

function isInjector({ source, on }: Observations['sources'][number]): boolean {
  return source === 'live' || (on === 'rx' && source === 'pktgen');
}

/** Whether a source sends on `rx`, towards `tx`. */
function isBackward({ source, on }: Observations['sources'][number]): boolean {
  return on === 'rx' && ['packets', 'packet', 'xsk'].includes(source);
}

function countersOf(seen: Observations, role: 'rx' | 'tx'): { packets: number; dropped: number } {
  const counters = seen.devices[role];
  if (counters === undefined) return { packets: 0, dropped: 0 };
  const [packets, dropped] = [counters[`${role}_packets`], counters[`${role}_dropped`]];
  if (packets === undefined || dropped === undefined) {
    throw new BpfrigError('harness', `device ${role} was read without ${role}_packets and ${role}_dropped`);
  }
  return { packets, dropped };
}
