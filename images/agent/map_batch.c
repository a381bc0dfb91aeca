// SPDX-License-Identifier: GPL-2.0
/* The map commands of bpf(2) that a cpumap does not have, to see it refuse. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include "handles.h"
#include "ops.h"

#define MAX_COUNT	1024

/* Room for count keys and values, zeroed. */
static int rooms(struct request *rq, const struct handle *map, __u32 count,
		 void **keys, void **values)
{
	*keys = calloc(count, map->key_size + 8);
	*values = calloc(count, map->value_size + 8);
	if (*keys && *values)
		return 0;
	return fault_agent(rq, "calloc", "out of memory");
}

int op_map_batch(struct request *rq)
{
	void *keys = NULL, *values = NULL, *next = NULL;
	const char *what, *command;
	long long count = 1;
	struct handle map;
	__u32 n, out = 0;
	int err;

	if (handle_arg(rq, "map", HANDLE_MAP, &map) ||
	    arg_str(rq, "what", &what) ||
	    arg_opt_int(rq, "count", 1, MAX_COUNT, &count))
		return -EINVAL;
	err = rooms(rq, &map, count, &keys, &values);
	if (err)
		goto out;
	n = count;
	next = &out;
	if (!strcmp(what, "lookup")) {
		command = "bpf(BPF_MAP_LOOKUP_BATCH)";
		err = bpf_map_lookup_batch(map.fd, NULL, next, keys, values,
					   &n, NULL);
	} else if (!strcmp(what, "lookup_and_delete")) {
		command = "bpf(BPF_MAP_LOOKUP_AND_DELETE_BATCH)";
		err = bpf_map_lookup_and_delete_batch(map.fd, NULL, next,
						      keys, values, &n, NULL);
	} else if (!strcmp(what, "update")) {
		command = "bpf(BPF_MAP_UPDATE_BATCH)";
		err = bpf_map_update_batch(map.fd, keys, values, &n, NULL);
	} else if (!strcmp(what, "delete")) {
		command = "bpf(BPF_MAP_DELETE_BATCH)";
		err = bpf_map_delete_batch(map.fd, keys, &n, NULL);
	} else {
		err = fault_request(rq, "what: lookup, lookup_and_delete, update or delete is wanted");
		goto out;
	}
	if (err)
		fault_kernel(rq, err, command, "%lld entries of map '%s'",
			     count, map.name);
	else
		rq->answer = json_pack("{s:I}", "count", (json_int_t)n);
out:
	free(keys);
	free(values);
	return err;
}

int op_map_take(struct request *rq)
{
	void *key = NULL, *value = NULL;
	struct handle map;
	uint8_t *bytes;
	size_t len;
	int err;

	err = handle_arg(rq, "map", HANDLE_MAP, &map);
	if (!err)
		err = arg_hex(rq, "key", &bytes, &len);
	if (err)
		return err;
	err = rooms(rq, &map, 1, &key, &value);
	if (!err && len != map.key_size)
		err = fault_request(rq, "key: %zu bytes, the map's is %u", len,
				    map.key_size);
	if (!err) {
		err = bpf_map_lookup_and_delete_elem(map.fd, bytes, value);
		if (err)
			fault_kernel(rq, err,
				     "bpf(BPF_MAP_LOOKUP_AND_DELETE_ELEM)",
				     "taking from map '%s'", map.name);
		else
			rq->answer = json_pack("{s:o}", "value",
					       json_hex(value, map.value_size));
	}
	free(bytes);
	free(key);
	free(value);
	return err;
}
