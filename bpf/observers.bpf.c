// SPDX-License-Identifier: GPL-2.0
/*
 * Observers: sums of the fields of the xdp tracepoints, by map id and CPU.
 *
 * They are tp_btf programs, not classic tracepoint programs, since those are
 * skipped without a trace while any other one runs, or a bpf(2) map operation
 * is under way, on the same CPU (bpf_prog_active in kernel/trace/bpf_trace.c).
 * A tp_btf program only ever misses events that interrupt itself, and the
 * kernel counts those (recursion_misses). It is also the cheaper one.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "bpfrig.h"

#define MAX_ROWS	4096

/* The kernel's types, as far as they are read; libbpf moves the offsets. */
#pragma clang attribute push(__attribute__((preserve_access_index)), \
			     apply_to = record)
struct net_device {
	int ifindex;
};

struct bpf_prog_aux {
	__u32 id;
};

struct bpf_prog {
	struct bpf_prog_aux *aux;
};

struct bpf_map {
	enum bpf_map_type map_type;
	__u32 id;
};

struct xdp_cpumap_stats {
	unsigned int redirect;
	unsigned int pass;
	unsigned int drop;
};

struct bpf_redirect_info {
	__u32 map_id;
};
#pragma clang attribute pop

#define ROWS(name, key_type, sum_type)			\
	struct {					\
		__uint(type, BPF_MAP_TYPE_HASH);	\
		__uint(max_entries, MAX_ROWS);		\
		__type(key, key_type);			\
		__type(value, sum_type);		\
	} name SEC(".maps")

ROWS(enqueue_rows, struct bpfrig_enqueue_key, struct bpfrig_enqueue_sum);
ROWS(kthread_rows, struct bpfrig_kthread_key, struct bpfrig_kthread_sum);
ROWS(redirect_rows, struct bpfrig_redirect_key, struct bpfrig_redirect_sum);
ROWS(exception_rows, struct bpfrig_exception_key, __u64);
ROWS(devmap_rows, struct bpfrig_devmap_key, struct bpfrig_devmap_sum);

struct bpfrig_observers observers;

/* What a row starts with. */
static const __u64 zeroes[16];

_Static_assert(sizeof(struct bpfrig_kthread_sum) <= sizeof(zeroes),
	       "the largest sum is zero to begin with");

static __always_inline void *row_of(void *rows, const void *key)
{
	void *row;

	row = bpf_map_lookup_elem(rows, key);
	if (row)
		return row;
	bpf_map_update_elem(rows, key, zeroes, BPF_NOEXIST);
	row = bpf_map_lookup_elem(rows, key);
	if (!row)
		__sync_fetch_and_add(&observers.lost, 1);
	return row;
}

/* Keys are whole __u32s. */
static __always_inline bool same_key(const __u32 *a, const __u32 *b, int words)
{
	__u32 differ = 0;
	int i;

#pragma clang loop unroll(full)
	for (i = 0; i < words; i++)
		differ |= a[i] ^ b[i];
	return !differ;
}

/* Sums are __u64s, the first of them the number of events. */
static __always_inline void end_run(void *rows, const void *key, __u64 *sum,
				    int words)
{
	__u64 *row = sum[0] ? row_of(rows, key) : NULL;
	int i;

#pragma clang loop unroll(full)
	for (i = 0; i < words; i++) {
		if (row)
			row[i] += sum[i];
		sum[i] = 0;
	}
}

/*
 * Where this CPU adds an event of this key, NULL for lack of room: its run,
 * since the hash of a row's key for each packet would be most of the cost.
 *
 * The rows of the cpumap events and of xdp_redirect belong to one CPU each,
 * where the program cannot interrupt itself: plain additions are exact. The
 * rows of the other events are shared, and need atomic ones.
 */
#define SUM_OF(name, this_key) ({					\
	struct bpfrig_##name##_sum *place;				\
	struct bpfrig_##name##_run *run;				\
	__u32 this_cpu = (this_key)->cpu;				\
	if (this_cpu < BPFRIG_RUNS) {					\
		run = &observers.name[this_cpu];			\
		if (!same_key((__u32 *)&run->key, (__u32 *)(this_key),	\
			      sizeof(run->key) / sizeof(__u32))) {	\
			end_run(&name##_rows, &run->key,		\
				(__u64 *)&run->sum,			\
				sizeof(run->sum) / sizeof(__u64));	\
			run->key = *(this_key);				\
		}							\
		place = &run->sum;					\
	} else {							\
		place = row_of(&name##_rows, this_key);			\
	}								\
	place;								\
})

SEC("tp_btf/xdp_cpumap_enqueue")
int BPF_PROG(on_enqueue, int map_id, unsigned int processed,
	     unsigned int drops, int to_cpu)
{
	struct bpfrig_enqueue_key key = {
		.map_id = map_id,
		.cpu = bpf_get_smp_processor_id(),
		.to_cpu = to_cpu,
	};
	struct bpfrig_enqueue_sum *sum = SUM_OF(enqueue, &key);

	if (!sum)
		return 0;
	sum->events++;
	sum->processed += processed;
	sum->drops += drops;
	if (processed <= BPFRIG_BATCH)
		sum->batch[processed]++;
	return 0;
}

SEC("tp_btf/xdp_cpumap_kthread")
int BPF_PROG(on_kthread, int map_id, unsigned int processed,
	     unsigned int drops, int sched, struct xdp_cpumap_stats *stats)
{
	struct bpfrig_kthread_key key = {
		.map_id = map_id,
		.cpu = bpf_get_smp_processor_id(),
	};
	struct bpfrig_kthread_sum *sum = SUM_OF(kthread, &key);

	if (!sum)
		return 0;
	sum->events++;
	sum->processed += processed;
	sum->drops += drops;
	sum->sched += sched;
	sum->xdp_pass += stats->pass;
	sum->xdp_drop += stats->drop;
	sum->xdp_redirect += stats->redirect;
	if (processed <= BPFRIG_BATCH)
		sum->batch[processed]++;
	return 0;
}

/*
 * The first member of a devmap's target is its device, on all kernels. The
 * target is a void pointer, which the verifier does not let a program load
 * from its context before 6.13.
 */
static __always_inline int devmap_ifindex(unsigned long long *ctx)
{
	struct net_device *dev = NULL;
	void *tgt = NULL;

	bpf_probe_read_kernel(&tgt, sizeof(tgt), &ctx[2]);
	bpf_probe_read_kernel(&dev, sizeof(dev), tgt);
	return BPF_CORE_READ(dev, ifindex);
}

static __always_inline bool is_devmap(int map_type)
{
	return map_type == BPF_MAP_TYPE_DEVMAP ||
	       map_type == BPF_MAP_TYPE_DEVMAP_HASH;
}

/*
 * Arguments before 5.13:	dev, xdp, tgt, err, map, index
 * and since ee75aef23afe:	dev, xdp, tgt, err, map_type, map_id, index
 * That commit also gave bpf_redirect_info its map_id, which tells them apart.
 */
static __always_inline int count_redirect(unsigned long long *ctx)
{
	struct net_device *dev = (void *)ctx[0];
	struct bpf_prog *xdp = (void *)ctx[1];
	struct bpfrig_redirect_sum *sum;
	struct bpfrig_redirect_key key = {
		.prog_id = xdp->aux->id,
		.ifindex = dev->ifindex,
		.cpu = bpf_get_smp_processor_id(),
		.err = (int)ctx[3],
	};

	if (bpf_core_field_exists(struct bpf_redirect_info, map_id)) {
		int map_type = ctx[4];

		key.map_id = ctx[5];
		key.map_index = ctx[6];
		if (is_devmap(map_type)) {
			key.to_ifindex = devmap_ifindex(ctx);
		} else if (!map_type && key.map_id == 0x7fffffff) {
			key.to_ifindex = key.map_index;
			key.map_index = 0;
		}
	} else {
		struct bpf_map *map = (void *)ctx[4];

		if (map) {
			key.map_id = map->id;
			key.map_index = ctx[5];
			if (is_devmap(map->map_type))
				key.to_ifindex = devmap_ifindex(ctx);
		} else {
			key.to_ifindex = ctx[5];
		}
	}

	sum = SUM_OF(redirect, &key);
	if (sum)
		sum->events++;
	return 0;
}

SEC("tp_btf/xdp_redirect")
int on_redirect(unsigned long long *ctx)
{
	return count_redirect(ctx);
}

SEC("tp_btf/xdp_redirect_err")
int on_redirect_err(unsigned long long *ctx)
{
	return count_redirect(ctx);
}

SEC("tp_btf/xdp_exception")
int BPF_PROG(on_exception, struct net_device *dev, struct bpf_prog *xdp,
	     unsigned int act)
{
	struct bpfrig_exception_key key = {
		.prog_id = xdp->aux->id,
		.ifindex = dev ? dev->ifindex : 0,
		.act = act,
	};
	__u64 *events;

	events = row_of(&exception_rows, &key);
	if (events)
		__sync_fetch_and_add(events, 1);
	return 0;
}

SEC("tp_btf/xdp_devmap_xmit")
int BPF_PROG(on_devmap_xmit, struct net_device *from, struct net_device *to,
	     int sent, int drops, int err)
{
	struct bpfrig_devmap_key key = {
		.from_ifindex = from->ifindex,
		.to_ifindex = to->ifindex,
		.err = err,
	};
	struct bpfrig_devmap_sum *sum;

	sum = row_of(&devmap_rows, &key);
	if (!sum)
		return 0;
	__sync_fetch_and_add(&sum->events, 1);
	__sync_fetch_and_add(&sum->sent, sent);
	__sync_fetch_and_add(&sum->drops, drops);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
