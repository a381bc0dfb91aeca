import { ATTACH_KINDS, type AttachKind } from './attach-kinds.ts';

const INTRODUCTION = `# Where programs are attached

Generated from harness/object/attach-kinds.ts by \`npm run generate\`; a test fails when it is stale.

Step \`attach\` takes a program and one place. Programs whose section names their place take none:

\`\`\`yaml
setup:
  - attach: { program: filter, to: rx, mode: native } # XDP by netlink; \`link: true\` by a link
  - attach: { program: shape, tc: { device: tx, direction: egress } }
  - attach: { program: police, tcx: { device: rx, before: count } } # what was attached as \`count\`
  - attach: { program: on_connect, cgroup: /clients }
  - attach: { program: steer, replaces: dispatch.slot0, name: first }
  - attach: { program: on_open } # SEC("kprobe/security_file_open")
traffic:
  - detach: { from: rx } # a device's XDP program
  - detach: { program: on_open } # wherever it is attached
  - detach: { name: first }
\`\`\`

- A program that does not belong where a step attaches it is refused before a guest boots, with its right place.
- The result has \`id\`, that of the program, and \`link\`, that of the kernel's link or 0. With \`as\`, a refusal is the result's errno.
- XDP: \`mode: default\` sends no flag of a mode, and the result's \`mode\` is the one in effect. \`flags: [update_if_noexist]\` adds flags of netlink. \`expected: filter\`
  replaces that program or nothing. \`link: NAME\` puts the program into the link that a step attached under this name. \`detach: { from: rx, mode: native }\` is netlink's,
  whatever is attached there. A refusal by netlink has the kernel's own words: \`refused.log.contains("Peer MTU is too large")\`.
- Everything that is attached is undone when the session with the agent ends, the last first.
- A program of type EXT is loaded for the function that it replaces: the one that \`replaces\` names, else that of its section
  (\`freplace/slot0\`) in a program that is loaded already. A step \`load\` with \`type: ext\` attaches it at once.
- Where a kernel lacks a kind, the system call fails. \`requires: [tcx]\` skips the cell there; the features are \`kprobe-multi\`,
  \`uprobe-multi\`, \`lsm-cgroup\`, \`netfilter-link\`, \`tcx\` and \`netkit\`.
- Programs at \`tcx\` and \`netkit\` run in the order in which they were attached. \`before: NAME\` and \`after: NAME\` put one next to that which a
  step attached under that name, and \`before: true\` before all of them.
- bpfrig's own classifier is on clsact of \`rx\` with priority 1. A program at \`tc\` comes after it, one at \`tcx\` before it: what a tcx program on
  \`rx\` drops of a source's frames is unaccounted for in the ledger, and the cell fails.

[scenarios/attach/](../scenarios/attach) has a scenario for each.
`;

/** docs/attach.md. */
export function attachReference(): string {
  const head = ['place', 'in step `attach`', 'attached by', 'detached by', 'since', 'observed by'];
  const rows = Object.entries(ATTACH_KINDS).map(([name, kind]) => row(name, kind));
  const lines = [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`);
  return `${INTRODUCTION}\n${lines.join('\n')}\n`;
}

function row(name: string, { usage, how, detach, since, observed }: AttachKind): string[] {
  return [name, usage, how, detach, since, observed];
}
