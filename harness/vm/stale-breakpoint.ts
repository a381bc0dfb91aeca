/** An oops by a breakpoint: `int3: 0000 [#1] …`, before 6.15 without `Oops: ` (arch/x86/kernel/dumpstack.c). */
const OOPS = /\bint3: \d{4} \[#\d+\]/;
/** The oops's code bytes. The trap leaves RIP, in angle brackets, behind the breakpoint. */
const CODE = /\bCode: .*\b([0-9a-f]{2}) <[0-9a-f]{2}>/;

/**
 * Whether a kernel died of a breakpoint that was not there (any more). The kernel puts one in the place of code that it patches,
 * and under multi-threaded emulation a CPU may run it after the patch is through: nothing then knows what it was for. The byte at
 * the breakpoint is patched code by then, where a kernel that went astray, into the padding between functions, still shows `cc`.
 *
 * A fault of QEMU before 8.1, not of the guest: Red Hat bug 2216496, mended by "accel/tcg: Always lock pages before translation".
 * More frequent the more guests share a core.
 */
export function diedOfStaleBreakpoint(console: readonly string[]): boolean {
  const oops = console.findIndex(line => OOPS.test(line));
  if (oops === -1) return false;
  const byte = console
    .slice(oops)
    .map(line => CODE.exec(line)?.[1])
    .find(found => found !== undefined);
  return byte !== undefined && byte !== 'cc';
}
