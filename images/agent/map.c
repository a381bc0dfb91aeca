// SPDX-License-Identifier: GPL-2.0
/* bpf(2) map operations; every errno is the kernel's own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include "bpf_util.h"
#include "handles.h"
#include "ops.h"

/* Bytes of argument "name", which must be exactly as long as wanted. */
static int arg_bytes(struct request *rq, const char *name, size_t wanted,
		     uint8_t **bytes)
{
	size_t len;
	int err;

	err = arg_hex(rq, name, bytes, &len);
	if (err || len == wanted)
		return err;
	free(*bytes);
	*bytes = NULL;
	return fault_request(rq, "%s: %zu bytes, the map's is %zu", name, len,
			     wanted);
}

/* The value of a map of maps: the descriptor of another map. */
static int arg_map_fd(struct request *rq, const struct handle *map,
		      uint8_t **value)
{
	struct handle inner;
	int err;

	err = handle_arg(rq, "value_map", HANDLE_MAP, &inner);
	if (err)
		return err;
	if (map->value_size != sizeof(inner.fd))
		return fault_request(rq, "value_map: a value of map '%s' is %u bytes",
				     map->name, map->value_size);
	*value = malloc(sizeof(inner.fd));
	if (!*value)
		return fault_agent(rq, "malloc", "out of memory");
	memcpy(*value, &inner.fd, sizeof(inner.fd));
	return 0;
}

int op_map_update(struct request *rq)
{
	uint8_t *key = NULL, *value = NULL;
	long long flags = 0;
	struct handle map;
	int err;

	err = handle_arg(rq, "map", HANDLE_MAP, &map);
	if (err)
		return err;
	err = arg_bytes(rq, "key", map.key_size, &key);
	if (!err)
		err = arg_given(rq, "value_map") ?
			      arg_map_fd(rq, &map, &value) :
			      arg_bytes(rq, "value", map.value_size, &value);
	if (!err)
		err = arg_opt_int(rq, "flags", 0, INT64_MAX, &flags);
	if (!err) {
		err = bpf_map_update_elem(map.fd, key, value, flags);
		if (err)
			fault_kernel(rq, err, "bpf(BPF_MAP_UPDATE_ELEM)",
				     "updating map '%s'", map.name);
	}
	free(key);
	free(value);
	return err;
}

/* A cpumap's value also by name: {qsize, prog_id}. */
static void add_cpumap_value(json_t *answer, const struct handle *map,
			     const uint8_t *value)
{
	struct bpf_cpumap_val val = {};

	memcpy(&val, value, map->value_size < sizeof(val) ? map->value_size :
							    sizeof(val));
	json_object_set_new(answer, "qsize", json_integer(val.qsize));
	json_object_set_new(answer, "prog_id",
			    json_integer(val.bpf_prog.id));
}

int op_map_lookup(struct request *rq)
{
	uint8_t *key = NULL, *value = NULL;
	struct handle map;
	int err;

	err = handle_arg(rq, "map", HANDLE_MAP, &map);
	if (err)
		return err;
	err = arg_bytes(rq, "key", map.key_size, &key);
	if (err)
		return err;
	value = calloc(1, map.value_size + 1);
	err = value ? bpf_map_lookup_elem(map.fd, key, value) : -ENOMEM;
	if (err) {
		fault_kernel(rq, err, "bpf(BPF_MAP_LOOKUP_ELEM)",
			     "looking up in map '%s'", map.name);
	} else {
		rq->answer = json_pack("{s:o}", "value",
				       json_hex(value, map.value_size));
		if (map.type == BPF_MAP_TYPE_CPUMAP)
			add_cpumap_value(rq->answer, &map, value);
	}
	free(key);
	free(value);
	return err;
}

int op_map_delete(struct request *rq)
{
	struct handle map;
	uint8_t *key;
	int err;

	err = handle_arg(rq, "map", HANDLE_MAP, &map);
	if (!err)
		err = arg_bytes(rq, "key", map.key_size, &key);
	if (err)
		return err;
	err = bpf_map_delete_elem(map.fd, key);
	if (err)
		fault_kernel(rq, err, "bpf(BPF_MAP_DELETE_ELEM)",
			     "deleting from map '%s'", map.name);
	free(key);
	return err;
}

int op_map_next_key(struct request *rq)
{
	uint8_t *key = NULL, *next;
	struct handle map;
	int err;

	err = handle_arg(rq, "map", HANDLE_MAP, &map);
	if (!err && arg_given(rq, "key"))
		err = arg_bytes(rq, "key", map.key_size, &key);
	if (err)
		return err;
	next = calloc(1, map.key_size + 1);
	err = next ? bpf_map_get_next_key(map.fd, key, next) : -ENOMEM;
	if (err)
		fault_kernel(rq, err, "bpf(BPF_MAP_GET_NEXT_KEY)",
			     "asking map '%s' for the next key", map.name);
	else
		rq->answer = json_pack("{s:o}", "key",
				       json_hex(next, map.key_size));
	free(key);
	free(next);
	return err;
}
