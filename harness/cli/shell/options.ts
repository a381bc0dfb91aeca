import type { AcceleratorChoice } from '../../vm/accelerator.ts';
import type { GuestOptions } from '../guest-options.ts';

/** Options of `shell` as commander returns them. */
export interface ShellOptions extends GuestOptions {
  readonly kernel: string;
  readonly variant: Readonly<Record<string, readonly string[]>>;
  readonly nic?: 'none' | 'veth' | 'virtio';
  readonly gdb?: boolean;
  readonly vmlinux?: string;
  readonly accel: AcceleratorChoice;
  readonly locked?: boolean;
}
