import { writeFileSync } from 'node:fs';
import { PROTOCOL_FILE, protocolText } from './protocol-text.ts';

// `node dist/guest/write-protocol.js`, part of `npm run generate`.
writeFileSync(PROTOCOL_FILE, protocolText());
