// SPDX-License-Identifier: GPL-2.0
/* One of each thing that the reader of objects knows. */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct bpf_map;

struct rule {
	__u32 address;
	__u8 action : 4;
	__u8 depth : 4;
	__u64 hits[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 100);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct rule);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} rules SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} first SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 3);
	__uint(key_size, 4);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { &first } };

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 12);
} untouched SEC(".maps");

extern int CONFIG_HZ __kconfig;

volatile const __u32 limit = 7;
__u64 total;
int start = 5;
static __u32 hidden;

/* Called from a program, and from there another: their maps are its maps. */
static __noinline int deeper(void *ctx)
{
	return bpf_perf_event_output(ctx, &events, 0, &hidden, sizeof(hidden));
}

__noinline int helper(struct xdp_md *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&rules, &key) ? deeper(ctx) : 0;
}

static long on_element(struct bpf_map *map, void *key, void *value, void *ctx)
{
	return bpf_map_update_elem(&first, key, value, 0);
}

SEC("xdp")
int plain(struct xdp_md *ctx)
{
	total += limit;
	return XDP_PASS;
}

SEC("xdp")
int calls(struct xdp_md *ctx)
{
	return helper(ctx) + start + hidden++;
}

SEC("?tc")
int on_demand(struct __sk_buff *skb)
{
	__u32 key = CONFIG_HZ;

	return bpf_map_lookup_elem(&outer, &key) ? 0 : 1;
}

SEC("tc")
int by_callback(struct __sk_buff *skb)
{
	return bpf_for_each_map_elem(&rules, on_element, (void *)0, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
