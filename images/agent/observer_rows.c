// SPDX-License-Identifier: GPL-2.0
/* The rows of the observers' maps as JSON. */
#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <bpf/bpf.h>
#include "../../bpf/bpfrig.h"
#include "observers.h"

static json_t *batch_json(const __u64 batch[BPFRIG_BATCH + 1])
{
	json_t *list = json_array();
	int i;

	for (i = 0; i <= BPFRIG_BATCH; i++)
		json_array_append_new(list, json_integer(batch[i]));
	return list;
}

static json_t *enqueue_row(const void *k, const void *v)
{
	const struct bpfrig_enqueue_key *key = k;
	const struct bpfrig_enqueue_sum *sum = v;

	return json_pack("{s:I,s:i,s:i,s:I,s:I,s:I,s:o}",
			 "map_id", (json_int_t)key->map_id,
			 "cpu", key->cpu, "to_cpu", key->to_cpu,
			 "events", (json_int_t)sum->events,
			 "processed", (json_int_t)sum->processed,
			 "drops", (json_int_t)sum->drops,
			 "batch", batch_json(sum->batch));
}

static json_t *kthread_row(const void *k, const void *v)
{
	const struct bpfrig_kthread_key *key = k;
	const struct bpfrig_kthread_sum *sum = v;

	return json_pack("{s:I,s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o}",
			 "map_id", (json_int_t)key->map_id, "cpu", key->cpu,
			 "events", (json_int_t)sum->events,
			 "processed", (json_int_t)sum->processed,
			 "drops", (json_int_t)sum->drops,
			 "sched", (json_int_t)sum->sched,
			 "xdp_pass", (json_int_t)sum->xdp_pass,
			 "xdp_drop", (json_int_t)sum->xdp_drop,
			 "xdp_redirect", (json_int_t)sum->xdp_redirect,
			 "batch", batch_json(sum->batch));
}

static json_t *redirect_row(const void *k, const void *v)
{
	const struct bpfrig_redirect_key *key = k;
	const struct bpfrig_redirect_sum *sum = v;

	return json_pack("{s:I,s:i,s:i,s:I,s:I,s:i,s:i,s:I}",
			 "prog_id", (json_int_t)key->prog_id,
			 "ifindex", key->ifindex,
			 "to_ifindex", key->to_ifindex,
			 "map_id", (json_int_t)key->map_id,
			 "map_index", (json_int_t)key->map_index,
			 "cpu", key->cpu, "err", key->err,
			 "events", (json_int_t)sum->events);
}

static json_t *exception_row(const void *k, const void *v)
{
	const struct bpfrig_exception_key *key = k;
	const __u64 *events = v;

	return json_pack("{s:I,s:i,s:I,s:I}",
			 "prog_id", (json_int_t)key->prog_id,
			 "ifindex", key->ifindex, "act", (json_int_t)key->act,
			 "events", (json_int_t)*events);
}

static json_t *devmap_row(const void *k, const void *v)
{
	const struct bpfrig_devmap_key *key = k;
	const struct bpfrig_devmap_sum *sum = v;

	return json_pack("{s:i,s:i,s:i,s:I,s:I,s:I}",
			 "from_ifindex", key->from_ifindex,
			 "to_ifindex", key->to_ifindex, "err", key->err,
			 "events", (json_int_t)sum->events,
			 "sent", (json_int_t)sum->sent,
			 "drops", (json_int_t)sum->drops);
}

/* Where a table's runs are in the observers' state. */
struct runs {
	size_t at;
	size_t size;		/* of one run, 0 for a table without */
	size_t sum_size;	/* the sum is a run's first member */
	size_t key_at;
	size_t key_size;
};

#define RUNS(name) {							\
	.at = offsetof(struct bpfrig_observers, name),			\
	.size = sizeof(struct bpfrig_##name##_run),			\
	.sum_size = sizeof(struct bpfrig_##name##_sum),			\
	.key_at = offsetof(struct bpfrig_##name##_run, key),		\
	.key_size = sizeof(struct bpfrig_##name##_key),			\
}

static const struct table {
	const char *map;
	const char *name;
	json_t *(*row)(const void *key, const void *value);
	struct runs runs;
} tables[] = {
	{ "enqueue_rows", "enqueue", enqueue_row, RUNS(enqueue) },
	{ "kthread_rows", "kthread", kthread_row, RUNS(kthread) },
	{ "redirect_rows", "redirect", redirect_row, RUNS(redirect) },
	{ "exception_rows", "exception", exception_row, {} },
	{ "devmap_rows", "devmap", devmap_row, {} },
};

struct row {
	__u64 key[16];
	__u64 sum[32];
};

static_assert(sizeof(struct bpfrig_redirect_key) <= sizeof(((struct row *)0)->key),
	      "the largest key has room");
static_assert(sizeof(struct bpfrig_kthread_sum) <= sizeof(((struct row *)0)->sum),
	      "the largest sum has room");

/* The run that stands on a CPU, NULL where there is none. */
static const void *run_on(const struct bpfrig_observers *state,
			  const struct runs *runs, int cpu)
{
	const char *run = (const char *)state + runs->at + cpu * runs->size;

	/* The number of events is the first member of every sum. */
	return runs->size && *(const __u64 *)run ? run : NULL;
}

static void add_run(struct row *row, const struct bpfrig_observers *state,
		    const struct runs *runs)
{
	const char *run;
	size_t i;
	int cpu;

	for (cpu = 0; cpu < BPFRIG_CPUS; cpu++) {
		run = run_on(state, runs, cpu);
		if (!run || memcmp(run + runs->key_at, row->key, runs->key_size))
			continue;
		for (i = 0; i < runs->sum_size / sizeof(__u64); i++)
			row->sum[i] += ((const __u64 *)run)[i];
	}
}

/*
 * A row is read before the run that may be added to it: a run that ends
 * meanwhile is in neither, and not in both.
 */
static json_t *table_json(int fd, const struct table *table,
			  const struct bpfrig_observers *state)
{
	json_t *list = json_array();
	struct row row, next;
	void *previous = NULL;
	const char *run;
	int cpu;

	while (!bpf_map_get_next_key(fd, previous, next.key)) {
		row = next;
		previous = row.key;
		if (bpf_map_lookup_elem(fd, row.key, row.sum))
			continue;
		add_run(&row, state, &table->runs);
		json_array_append_new(list, table->row(row.key, row.sum));
	}
	for (cpu = 0; cpu < BPFRIG_CPUS; cpu++) {
		run = run_on(state, &table->runs, cpu);
		if (run && bpf_map_lookup_elem(fd, run + table->runs.key_at,
					       row.sum))
			json_array_append_new(list, table->row(
						  run + table->runs.key_at,
						  run));
	}
	return list;
}

json_t *observer_rows(const struct bpf_object *obj,
		      const struct bpfrig_observers *state)
{
	json_t *rows = json_object();
	size_t i;
	int fd;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		fd = bpf_object__find_map_fd_by_name(obj, tables[i].map);
		json_object_set_new(rows, tables[i].name,
				    table_json(fd, &tables[i], state));
	}
	return rows;
}
