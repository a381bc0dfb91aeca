// SPDX-License-Identifier: GPL-2.0
/* The batch commands of bpf(2), to see a cpumap refuse them. */
#include <stdlib.h>
#include <bpf/bpf.h>
#include "bpf/handles.h"
#include "core/op.h"

#define MAX_COUNT	1024

enum what { LOOKUP, LOOKUP_AND_DELETE, UPDATE, DELETE };

static const char *const what_words[] = {
	"lookup", "lookup_and_delete", "update", "delete", NULL,
};

static const char *const commands[] = {
	"bpf(BPF_MAP_LOOKUP_BATCH)", "bpf(BPF_MAP_LOOKUP_AND_DELETE_BATCH)",
	"bpf(BPF_MAP_UPDATE_BATCH)", "bpf(BPF_MAP_DELETE_BATCH)",
};

struct batch {
	struct handle map;
	int what;
	long long count;
};

static const struct batch batch_defaults = { .count = 1 };

static const struct arg batch_args[] = {
	ARG_MAP(struct batch, map, REQUIRED),
	ARG_WORD(struct batch, what, what_words, REQUIRED),
	ARG_INT(struct batch, count, 1, MAX_COUNT),
};

/* next has room for where the kernel stopped: a key, or a number. */
static int run(const struct batch *batch, void *next, void *keys,
	       void *values, __u32 *n)
{
	int fd = batch->map.fd;

	switch (batch->what) {
	case LOOKUP:
		return bpf_map_lookup_batch(fd, NULL, next, keys, values, n,
					    NULL);
	case LOOKUP_AND_DELETE:
		return bpf_map_lookup_and_delete_batch(fd, NULL, next, keys,
						       values, n, NULL);
	case UPDATE:
		return bpf_map_update_batch(fd, keys, values, n, NULL);
	default:
		return bpf_map_delete_batch(fd, keys, n, NULL);
	}
}

static int op_map_batch(struct request *rq, const void *data)
{
	const struct batch *batch = data;
	const struct handle *map = &batch->map;
	void *next = calloc(1, map->key_size + 8);
	void *keys = calloc(batch->count, map->key_size + 8);
	void *values = calloc(batch->count, map->value_size + 8);
	__u32 n = batch->count;
	int err;

	if (next && keys && values) {
		err = run(batch, next, keys, values, &n);
		if (err)
			fault_kernel(rq, err, commands[batch->what],
				     "%lld entries of map '%s'", batch->count,
				     map->name);
		else
			rq->answer = json_pack("{s:I}", "count", (json_int_t)n);
	} else {
		err = fault_agent(rq, "calloc", "out of memory");
	}
	free(next);
	free(keys);
	free(values);
	return err;
}

static const struct op ops[] = {
	{ .name = "map_batch", .run = op_map_batch,
	  .defaults = &batch_defaults, OP_ARGS(batch_args, struct batch) },
};

const struct module map_batch_module = {
	.name = "map_batch", MODULE_OPS(ops),
};
