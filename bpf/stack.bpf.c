// SPDX-License-Identifier: GPL-2.0
/* Counts the frames that reach the stack: a classifier on tc ingress. */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "bpfrig.h"
#include "frame.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpfrig_stack_count);
} stack_count SEC(".maps");

SEC("tc")
int count_ingress(struct __sk_buff *skb)
{
	struct bpfrig_stack_count *count;
	struct bpfrig_frame frame;
	__u32 zero = 0;

	count = bpf_map_lookup_elem(&stack_count, &zero);
	if (!count)
		return TC_ACT_UNSPEC;
	/* By helper: a big frame's first bytes need not be linear. */
	if (!bpf_skb_load_bytes(skb, 0, &frame, sizeof(frame)) &&
	    frame_is_ours(&frame)) {
		count->frames++;
		count->bytes += skb->len;
	} else {
		count->others++;
		count->other_bytes += skb->len;
	}
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
