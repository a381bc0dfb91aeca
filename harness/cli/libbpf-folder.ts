import { libbpf } from '../image/libbpf.ts';
import { messageOf } from '../util/errors.ts';

// For images/agent/Makefile: prints the folder of the libbpf that the agent is built with, after building it if need be.
try {
  console.log((await libbpf('amd64')).folder);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 3;
}
