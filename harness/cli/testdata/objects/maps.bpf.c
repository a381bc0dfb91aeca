// SPDX-License-Identifier: GPL-2.0
/* Maps that only the object knows, and kernel types: CO-RE reads them. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} handed_over SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} targets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

/* The entry's program reads what this one writes: they share the map. */
SEC("xdp")
int writer(struct xdp_md *ctx)
{
	__u32 key = 0, value = TARGET;

	if (!bpf_core_field_exists(struct xdp_buff, rxq))
		return XDP_ABORTED;
	bpf_map_update_elem(&handed_over, &key, &value, BPF_ANY);
	bpf_ringbuf_output(&events, &value, sizeof(value), 0);
	return bpf_redirect_map(&targets, TARGET, 0);
}

SEC("xdp/cpumap")
int reader(struct xdp_md *ctx)
{
	__u32 key = 0, *value = bpf_map_lookup_elem(&handed_over, &key);

	return value && *value == TARGET ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
