// Starts a guest, says so with its QEMU still there, and waits. Whatever ends this process ends the guest.
import { startGuest } from '../../../dist/index.js';

await startGuest(process.argv[2]);
process.send('started');
setInterval(() => undefined, 1000);
