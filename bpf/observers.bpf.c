// SPDX-License-Identifier: GPL-2.0
/*
 * Observers: sums of the fields of the xdp tracepoints, by map id and CPU.
 *
 * They are tp_btf programs, not classic tracepoint programs, because the
 * kernel silently skips those while another one runs, or a bpf(2) map
 * operation is under way, on the same CPU (bpf_prog_active in
 * kernel/trace/bpf_trace.c). A tp_btf program misses only events that
 * interrupt itself, and the kernel counts those (recursion_misses). It is
 * also cheaper.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "bpfrig.h"

#define MAX_ROWS	4096

/* The kernel's types, as far as they are read; libbpf adjusts the offsets. */
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
ROWS(exception_rows, struct bpfrig_exception_key, struct bpfrig_exception_sum);
ROWS(devmap_rows, struct bpfrig_devmap_key, struct bpfrig_devmap_sum);

struct bpfrig_observers observers;

/* The initial sum of a row. */
static const __u64 zeroes[32];

_Static_assert(sizeof(struct bpfrig_devmap_sum) <= sizeof(zeroes),
	       "the largest sum fits");

static __always_inline void *row_of(void *rows, const void *key)
{
	void *row;

	row = bpf_map_lookup_elem(rows, key);
	if (row)
		return row;
	bpf_map_update_elem(rows, key, zeroes, BPF_NOEXIST);
	row = bpf_map_lookup_elem(rows, key);
	if (!row)
		__atomic_fetch_add(&observers.lost, 1, __ATOMIC_RELAXED);
	return row;
}

/*
 * Hashing the key of each event would be most of the cost: a CPU adds an
 * event to its run, and the run to the row of its key when it ends. Sums are
 * __u64s, the first of them the number of events.
 *
 * The rows of the cpumap events and of xdp_redirect belong to one CPU each,
 * where the program cannot interrupt itself: plain additions are exact. The
 * rows of the other events are shared, and need atomic ones: relaxed, since
 * others would be instructions that 5.10 does not know.
 */
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

#define END_RUN(name, run)						\
	end_run(&name##_rows, &(run)->key, (__u64 *)&(run)->sum,	\
		sizeof((run)->sum) / sizeof(__u64))

/* Guests have no CPU from BPFRIG_CPUS on. */
static __always_inline int lose(void)
{
	__atomic_fetch_add(&observers.lost, 1, __ATOMIC_RELAXED);
	return 0;
}

static __always_inline void add_batch(__u64 *batch, __u32 processed)
{
	/* Otherwise clang compares one copy and indexes with another. */
	barrier_var(processed);
	if (processed <= BPFRIG_BATCH)
		batch[processed]++;
}

SEC("tp_btf/xdp_cpumap_enqueue")
int BPF_PROG(on_enqueue, __u32 map_id, unsigned int processed,
	     unsigned int drops, int to_cpu)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct bpfrig_enqueue_run *run;

	if (cpu >= BPFRIG_CPUS)
		return lose();
	run = &observers.enqueue[cpu];
	if (run->key.map_id != map_id || run->key.to_cpu != to_cpu) {
		END_RUN(enqueue, run);
		run->key = (struct bpfrig_enqueue_key) {
			.map_id = map_id,
			.cpu = cpu,
			.to_cpu = to_cpu,
		};
	}
	run->sum.events++;
	run->sum.processed += processed;
	run->sum.drops += drops;
	add_batch(run->sum.batch, processed);
	return 0;
}

SEC("tp_btf/xdp_cpumap_kthread")
int BPF_PROG(on_kthread, __u32 map_id, unsigned int processed,
	     unsigned int drops, int sched, struct xdp_cpumap_stats *stats)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct bpfrig_kthread_run *run;

	if (cpu >= BPFRIG_CPUS)
		return lose();
	run = &observers.kthread[cpu];
	if (run->key.map_id != map_id) {
		END_RUN(kthread, run);
		run->key = (struct bpfrig_kthread_key) {
			.map_id = map_id,
			.cpu = cpu,
		};
	}
	run->sum.events++;
	run->sum.processed += processed;
	run->sum.drops += drops;
	run->sum.sched += sched;
	run->sum.xdp_pass += stats->pass;
	run->sum.xdp_drop += stats->drop;
	run->sum.xdp_redirect += stats->redirect;
	add_batch(run->sum.batch, processed);
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

/* Where a frame was redirected to. */
struct target {
	__u32 map_id;
	__u32 map_index;
	__s32 ifindex;	/* 0 where it is no device */
};

/*
 * Arguments before 5.13:	dev, xdp, tgt, err, map, index
 * and since ee75aef23afe:	dev, xdp, tgt, err, map_type, map_id, index
 * That commit also added map_id to bpf_redirect_info, which distinguishes them.
 */
static __always_inline struct target target_of(unsigned long long *ctx)
{
	struct target to = {};

	if (bpf_core_field_exists(struct bpf_redirect_info, map_id)) {
		int map_type = ctx[4];

		to.map_id = ctx[5];
		to.map_index = ctx[6];
		if (is_devmap(map_type)) {
			to.ifindex = devmap_ifindex(ctx);
		} else if (!map_type && to.map_id == 0x7fffffff) {
			to.ifindex = to.map_index;
			to.map_index = 0;
		}
	} else {
		struct bpf_map *map = (void *)ctx[4];

		if (map) {
			to.map_id = map->id;
			to.map_index = ctx[5];
			if (is_devmap(map->map_type))
				to.ifindex = devmap_ifindex(ctx);
		} else {
			to.ifindex = ctx[5];
		}
	}
	return to;
}

static __always_inline int count_redirect(unsigned long long *ctx)
{
	struct net_device *dev = (void *)ctx[0];
	struct bpf_prog *xdp = (void *)ctx[1];
	struct target to = target_of(ctx);
	__u32 cpu = bpf_get_smp_processor_id();
	struct bpfrig_redirect_run *run;
	__u32 prog_id = xdp->aux->id;
	int ifindex = dev->ifindex;
	int err = ctx[3];

	if (cpu >= BPFRIG_CPUS)
		return lose();
	run = &observers.redirect[cpu];
	/* Otherwise clang computes the address for each field. */
	barrier_var(run);
	if (run->key.prog_id != prog_id || run->key.ifindex != ifindex ||
	    run->key.to_ifindex != to.ifindex ||
	    run->key.map_id != to.map_id ||
	    run->key.map_index != to.map_index || run->key.err != err) {
		END_RUN(redirect, run);
		run->key = (struct bpfrig_redirect_key) {
			.prog_id = prog_id,
			.ifindex = ifindex,
			.to_ifindex = to.ifindex,
			.map_id = to.map_id,
			.map_index = to.map_index,
			.cpu = cpu,
			.err = err,
		};
	}
	run->sum.events++;
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
	struct bpfrig_exception_sum *sum;

	sum = row_of(&exception_rows, &key);
	if (sum)
		__atomic_fetch_add(&sum->events, 1, __ATOMIC_RELAXED);
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
	__u32 batch = sent;

	sum = row_of(&devmap_rows, &key);
	if (!sum)
		return 0;
	__atomic_fetch_add(&sum->events, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&sum->sent, sent, __ATOMIC_RELAXED);
	__atomic_fetch_add(&sum->drops, drops, __ATOMIC_RELAXED);
	/* Otherwise clang compares one copy and indexes with another. */
	barrier_var(batch);
	if (batch <= BPFRIG_DEVMAP_BATCH)
		__atomic_fetch_add(&sum->batch[batch], 1, __ATOMIC_RELAXED);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
