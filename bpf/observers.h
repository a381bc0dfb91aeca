/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The observers' tables, and how an event is counted in them: sums of the
 * fields of the xdp tracepoints, by map id and CPU. observers.bpf.c takes the
 * fields from the arguments of the tracepoints, tracepoints.bpf.c from their
 * records. Each has its own struct xdp_cpumap_stats, before this is included.
 */
#ifndef OBSERVERS_H
#define OBSERVERS_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "bpfrig.h"

#define MAX_ROWS	4096

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

static __always_inline int count_enqueue(__u32 map_id, __u32 processed,
					 __u32 drops, int to_cpu)
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

static __always_inline int count_kthread(__u32 map_id, __u32 processed,
					 __u32 drops, int sched,
					 const struct xdp_cpumap_stats *stats)
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

/* Where a frame was redirected to. */
struct target {
	__u32 map_id;
	__u32 map_index;
	__s32 ifindex;	/* 0 where it is no device */
};

/* The target by a pointer: in registers it would leave no room for the rest. */
static __always_inline int count_redirect(__u32 prog_id, int ifindex,
					  const struct target *to, int err)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct bpfrig_redirect_run *run;

	if (cpu >= BPFRIG_CPUS)
		return lose();
	run = &observers.redirect[cpu];
	/* Otherwise clang computes the address for each field. */
	barrier_var(run);
	if (run->key.prog_id != prog_id || run->key.ifindex != ifindex ||
	    run->key.to_ifindex != to->ifindex ||
	    run->key.map_id != to->map_id ||
	    run->key.map_index != to->map_index || run->key.err != err) {
		END_RUN(redirect, run);
		run->key = (struct bpfrig_redirect_key) {
			.prog_id = prog_id,
			.ifindex = ifindex,
			.to_ifindex = to->ifindex,
			.map_id = to->map_id,
			.map_index = to->map_index,
			.cpu = cpu,
			.err = err,
		};
	}
	run->sum.events++;
	return 0;
}

static __always_inline int count_exception(struct bpfrig_exception_key key)
{
	struct bpfrig_exception_sum *sum;

	sum = row_of(&exception_rows, &key);
	if (sum)
		__atomic_fetch_add(&sum->events, 1, __ATOMIC_RELAXED);
	return 0;
}

static __always_inline int count_devmap(struct bpfrig_devmap_key key, int sent,
					int drops)
{
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

#endif /* OBSERVERS_H */
