/** How the devices `tx` and `rx` are made, as scenarios name it. */
export const TOPOLOGIES = ['veth', 'virtio', 'link', 'none'] as const;
export type TopologyName = (typeof TOPOLOGIES)[number];

/** Whether a text is a topology's name. */
export function isTopology(text: string): text is TopologyName {
  return (TOPOLOGIES as readonly string[]).includes(text);
}
