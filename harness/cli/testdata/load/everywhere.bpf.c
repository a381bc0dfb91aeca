// SPDX-License-Identifier: GPL-2.0
/* Every kernel takes these: maps of each kind of declaration, tail calls, a subprogram, the kernel's configuration, a section of its own. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int CONFIG_HZ __kconfig;

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1);
} first SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__type(key, __u32);
	__uint(max_entries, 2);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [0] = &first } };

int last(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(max_entries, 2);
	__array(values, int(void *));
} jumps SEC(".maps") = { .values = { [1] = (void *)&last } };

/* Its own loader sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} sized_later SEC(".maps");

static __noinline int counted(void *map)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(map, &key) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int last(struct xdp_md *ctx)
{
	return counted(&outer);
}

SEC("xdp")
int start(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &jumps, 1);
	return XDP_PASS;
}

SEC("xdp")
int configured(struct xdp_md *ctx)
{
	return CONFIG_HZ == 250 ? counted(&sized_later) : XDP_PASS;
}

/* No section of libbpf's: the context says the type. */
SEC("my_section")
int by_context(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("?tc")
int optional(struct __sk_buff *skb)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
