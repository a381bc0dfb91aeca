// SPDX-License-Identifier: GPL-2.0
/* map_dump: all entries of a map, as many as fit into an answer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include "bpf/handles.h"
#include "core/client.h"
#include "core/json.h"
#include "core/op.h"

/* Entries of an answer, and bytes of their keys and values. */
#define MAX_ENTRIES	65536
#define MAX_BYTES	(4 << 20)
/* Keys that one request looks at: more where entries come and go meanwhile. */
#define MAX_STEPS	(4 * MAX_ENTRIES)

struct dump {
	struct handle map;
	long long max;
};

static const struct dump dump_defaults = { .max = MAX_ENTRIES };

static const struct arg dump_args[] = {
	ARG_MAP(struct dump, map, REQUIRED),
	ARG_INT(struct dump, max, 1, MAX_ENTRIES),
};

/* Reads the entry of key; one that is gone meanwhile is left out. */
static int read_entry(struct request *rq, const struct handle *map,
		      const void *key, void *value, json_t *entries)
{
	int err;

	err = bpf_map_lookup_elem(map->fd, key, value);
	if (err == -ENOENT)
		return 0;
	if (err)
		return fault_kernel(rq, err, "bpf(BPF_MAP_LOOKUP_ELEM)",
				    "looking up in map '%s'", map->name);
	json_array_append_new(entries, json_pack("{s:o,s:o}",
		"key", json_hex(key, map->key_size),
		"value", json_hex(value, map->value_size)));
	return 0;
}

/* key and next have the map's key size; *more: there are further entries. */
static int walk(struct request *rq, const struct dump *args, void *key,
		void *next, void *value, json_t *entries, bool *more)
{
	const struct handle *map = &args->map;
	size_t most = MAX_BYTES / (map->key_size + map->value_size + 1);
	const void *from = NULL;
	size_t steps;
	int err;

	if (most > (size_t)args->max)
		most = args->max;
	/* A key that is gone leads back to the first: that may never end. */
	for (steps = 0; steps < MAX_STEPS && !client_gone(); steps++) {
		err = bpf_map_get_next_key(map->fd, from, next);
		if (err == -ENOENT)
			return 0;
		if (err)
			return fault_kernel(rq, err,
					    "bpf(BPF_MAP_GET_NEXT_KEY)",
					    "reading the next key of map '%s'",
					    map->name);
		if (json_array_size(entries) && json_array_size(entries) >= most)
			break;
		memcpy(key, next, map->key_size);
		from = key;
		err = read_entry(rq, map, key, value, entries);
		if (err)
			return err;
	}
	*more = true;
	return 0;
}

static int op_map_dump(struct request *rq, const void *data)
{
	const struct dump *args = data;
	const struct handle *map = &args->map;
	void *key = calloc(1, map->key_size + 1);
	void *next = calloc(1, map->key_size + 1);
	void *value = calloc(1, map->value_size + 8);
	json_t *entries = json_array();
	bool more = false;
	int err;

	if (key && next && value)
		err = walk(rq, args, key, next, value, entries, &more);
	else
		err = fault_agent(rq, "calloc", "out of memory");
	free(key);
	free(next);
	free(value);
	if (err)
		json_decref(entries);
	else
		rq->answer = json_pack("{s:o,s:b}", "entries", entries,
				       "more", more);
	return err;
}

static const struct op ops[] = {
	{ .name = "map_dump", .run = op_map_dump, .defaults = &dump_defaults,
	  OP_ARGS(dump_args, struct dump) },
};

const struct module map_dump_module = { .name = "map_dump", MODULE_OPS(ops) };
