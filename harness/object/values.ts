export { decodeValue } from './decode-value.ts';
export { encodeValue } from './encode-value.ts';
