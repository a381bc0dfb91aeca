// SPDX-License-Identifier: GPL-2.0
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct event {
	__u32 number;
	__u32 length;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

__u32 total;

/* Writes a record for every packet, and drops every tenth. */
SEC("xdp")
int watch(struct xdp_md *ctx)
{
	struct event event = { .number = total++, .length = ctx->data_end - ctx->data };

	bpf_ringbuf_output(&events, &event, sizeof(event), 0);
	return event.number % 10 == 9 ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
