// SPDX-License-Identifier: GPL-2.0
/* The rows of the observers' maps as JSON. */
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
	const __u64 *events = v;

	return json_pack("{s:I,s:i,s:i,s:I,s:I,s:i,s:i,s:I}",
			 "prog_id", (json_int_t)key->prog_id,
			 "ifindex", key->ifindex,
			 "to_ifindex", key->to_ifindex,
			 "map_id", (json_int_t)key->map_id,
			 "map_index", (json_int_t)key->map_index,
			 "cpu", key->cpu, "err", key->err,
			 "events", (json_int_t)*events);
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

static const struct {
	const char *map;
	const char *name;
	json_t *(*row)(const void *key, const void *value);
} tables[] = {
	{ "enqueue_rows", "enqueue", enqueue_row },
	{ "kthread_rows", "kthread", kthread_row },
	{ "redirect_rows", "redirect", redirect_row },
	{ "exception_rows", "exception", exception_row },
	{ "devmap_rows", "devmap", devmap_row },
};

static json_t *table_json(const struct bpf_object *obj, size_t i)
{
	/* Larger than any key and sum of bpfrig.h. */
	__u64 key[16], next[16], value[32];
	json_t *list = json_array();
	void *previous = NULL;
	int fd;

	fd = bpf_object__find_map_fd_by_name(obj, tables[i].map);
	while (!bpf_map_get_next_key(fd, previous, next)) {
		if (!bpf_map_lookup_elem(fd, next, value))
			json_array_append_new(list, tables[i].row(next, value));
		__builtin_memcpy(key, next, sizeof(key));
		previous = key;
	}
	return list;
}

/* Read after the rows: a run that ends meanwhile is in neither, not in both. */
static void add_runs(json_t *rows, const struct bpfrig_observers *state)
{
	int cpu;

	for (cpu = 0; cpu < BPFRIG_RUNS; cpu++) {
		struct bpfrig_redirect_run run = state->runs[cpu];

		if (run.events)
			json_array_append_new(rows, redirect_row(&run.key,
								 &run.events));
	}
}

json_t *observer_rows(const struct bpf_object *obj,
		      const struct bpfrig_observers *state)
{
	json_t *rows = json_object();
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		json_object_set_new(rows, tables[i].name, table_json(obj, i));
	add_runs(json_object_get(rows, "redirect"), state);
	return rows;
}
