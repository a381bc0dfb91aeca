// SPDX-License-Identifier: GPL-2.0
/* Tables and runs as the BTF of the real objects of the observers has them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpfrig.h"
#include "observe/observer_tables.h"
#include "test/test.h"

/* The map's key and value types: members "key" and "value" of its struct. */
static int open_table(struct table *table, struct bpf_object *obj,
		      const char *map)
{
	const struct btf *btf = bpf_object__btf(obj);
	struct bpf_map *m = bpf_object__find_map_by_name(obj, map);

	return table_init(table, btf, map, bpf_map__btf_key_type_id(m),
			  bpf_map__btf_value_type_id(m));
}

/* The variable has the path of an object. */
static struct bpf_object *open_observers(const char *variable)
{
	const char *path = getenv(variable);
	struct bpf_object *obj = path ? bpf_object__open_file(path, NULL) :
					NULL;

	CHECK(obj);
	return obj;
}

static void layouts_of(const char *variable)
{
	struct bpf_object *obj = open_observers(variable);
	struct table enqueue, devmap;

	if (!obj)
		return;
	CHECK(open_table(&enqueue, obj, "enqueue_rows") == 0);
	EQUAL(enqueue.name, "enqueue");
	CHECK(enqueue.key.size == sizeof(struct bpfrig_enqueue_key));
	CHECK(enqueue.sum.size == sizeof(struct bpfrig_enqueue_sum));
	CHECK(enqueue.runs.at == offsetof(struct bpfrig_observers, enqueue));
	CHECK(enqueue.runs.size == sizeof(struct bpfrig_enqueue_run));
	CHECK(enqueue.runs.key_at == offsetof(struct bpfrig_enqueue_run, key));
	CHECK(enqueue.runs.count == BPFRIG_CPUS);
	EQUAL(enqueue.sum.fields[0].name, "events");
	CHECK(open_table(&devmap, obj, "devmap_rows") == 0);
	CHECK(devmap.runs.count == 0);
	row_layout_free(&enqueue.key);
	row_layout_free(&enqueue.sum);
	row_layout_free(&devmap.key);
	row_layout_free(&devmap.sum);
	bpf_object__close(obj);
}

static void layouts(void)
{
	layouts_of("OBSERVERS");
	layouts_of("TRACEPOINTS");
}

/* Each event that is counted has a program that counts it as lost before. */
static void checked(void)
{
	struct bpf_object *obj = open_observers("TRACEPOINTS");
	const struct bpf_program *check;
	struct bpf_program *prog;
	char name[64];
	int n = 0;

	if (!obj)
		return;
	bpf_object__for_each_program(prog, obj) {
		if (bpf_program__type(prog) != BPF_PROG_TYPE_TRACEPOINT)
			continue;
		snprintf(name, sizeof(name), "check_%s",
			 strrchr(bpf_program__section_name(prog), '/') + 1);
		check = bpf_object__find_program_by_name(obj, name);
		CHECK(check && bpf_program__type(check) ==
				       BPF_PROG_TYPE_RAW_TRACEPOINT);
		n++;
	}
	CHECK(n == 6);
	bpf_object__close(obj);
}

static void runs(void)
{
	struct bpfrig_observers *state = calloc(1, sizeof(*state));
	struct bpfrig_enqueue_key key = { .map_id = 3, .cpu = 1, .to_cpu = 2 };
	struct bpfrig_enqueue_sum sum = { .events = 10, .batch = { [8] = 1 } };
	struct bpf_object *obj = open_observers("OBSERVERS");
	struct table table;

	if (!obj || !state)
		return;
	CHECK(open_table(&table, obj, "enqueue_rows") == 0);
	state->enqueue[1].key = key;
	state->enqueue[1].sum.events = 5;
	state->enqueue[1].sum.drops = 2;
	state->enqueue[1].sum.batch[8] = 4;
	/* The same key without events is no run; another key is not ours. */
	state->enqueue[2].key = key;
	state->enqueue[2].sum.drops = 100;
	state->enqueue[3].key.map_id = 4;
	state->enqueue[3].sum.events = 100;
	CHECK(table_run(&table, state, 1));
	CHECK(!table_run(&table, state, 2));
	table_add_runs(&table, state, &key, &sum);
	CHECK(sum.events == 15 && sum.drops == 2 && sum.batch[8] == 5);
	row_layout_free(&table.key);
	row_layout_free(&table.sum);
	bpf_object__close(obj);
	free(state);
}

static const struct test tests[] = {
	{ "tables of observers.bpf.o and tracepoints.bpf.o", layouts },
	{ "no tracepoint program misses an event in silence", checked },
	{ "a run is added to the sum of its key", runs },
};

TEST_GROUP(observers);
