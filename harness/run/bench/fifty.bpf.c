// SPDX-License-Identifier: GPL-2.0
/* 50 programs of the usual sizes for `bpfrig load`: parsers with maps and a loop for XDP and tc, and programs that read the kernel's structures. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1024);
} sources SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 256);
} counts SEC(".maps");

const volatile __u32 limit = 10;

static __always_inline void count(__u32 which)
{
	__u64 *sum = bpf_map_lookup_elem(&counts, &which);

	if (sum)
		(*sum)++;
}

static __always_inline int parse(void *data, void *end, __u32 which)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp;
	__u64 *seen, sum = 0;
	__u32 source;
	int i;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return 0;
	udp = (void *)ip + ip->ihl * 4;
	if (ip->protocol != IPPROTO_UDP || (void *)(udp + 1) > end)
		return 0;
	for (i = 0; i < 16; i++) {
		__u8 *byte = (void *)(udp + 1) + i;

		if ((void *)(byte + 1) > end)
			break;
		if (*byte & 1)
			sum += *byte;
	}
	source = ip->saddr;
	seen = bpf_map_lookup_elem(&sources, &source);
	count((which + sum) & 255);
	return seen && *seen > limit;
}

#define XDP_PROGRAM(n)						\
	SEC("xdp") int xdp_##n(struct xdp_md *ctx)		\
	{							\
		void *data = (void *)(long)ctx->data;		\
		void *end = (void *)(long)ctx->data_end;	\
								\
		return parse(data, end, n) ? XDP_DROP : XDP_PASS; \
	}

#define TC_PROGRAM(n)						\
	SEC("tc") int tc_##n(struct __sk_buff *skb)		\
	{							\
		void *data = (void *)(long)skb->data;		\
		void *end = (void *)(long)skb->data_end;	\
								\
		return parse(data, end, n) ? 2 : 0;		\
	}

struct mm_struct {
	unsigned long total_vm;
} __attribute__((preserve_access_index));

struct task_struct {
	int pid;
	int tgid;
	struct task_struct *group_leader;
	struct mm_struct *mm;
} __attribute__((preserve_access_index));

#define TRACING_PROGRAM(n)					\
	SEC("kprobe/do_nanosleep") int kprobe_##n(void *ctx)	\
	{							\
		struct task_struct *task = (void *)bpf_get_current_task(); \
								\
		count(BPF_CORE_READ(task, group_leader, pid) & 255); \
		count(BPF_CORE_READ(task, mm, total_vm) & 255);	\
		return n;					\
	}

#define TEN(program, tens)					\
	program(tens##0) program(tens##1) program(tens##2)	\
	program(tens##3) program(tens##4) program(tens##5)	\
	program(tens##6) program(tens##7) program(tens##8)	\
	program(tens##9)

TEN(XDP_PROGRAM, 1)
TEN(XDP_PROGRAM, 2)
TEN(TC_PROGRAM, 3)
TEN(TC_PROGRAM, 4)
TEN(TRACING_PROGRAM, 5)

char _license[] SEC("license") = "GPL";
