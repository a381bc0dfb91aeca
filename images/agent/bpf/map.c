// SPDX-License-Identifier: GPL-2.0
/* bpf(2) operations on one entry of a map; every errno is the kernel's own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include "bpf/handles.h"
#include "core/json.h"
#include "core/op.h"

struct entry {
	struct handle map;
	struct bytes key;
	struct bytes value;
	struct handle value_map;
	struct handle value_program;
	long long flags;
};

static const struct arg update_args[] = {
	ARG_MAP(struct entry, map, REQUIRED),
	ARG_HEX(struct entry, key, REQUIRED),
	ARG_HEX(struct entry, value),
	ARG_MAP(struct entry, value_map),
	ARG_PROGRAM(struct entry, value_program),
	ARG_INT(struct entry, flags, 0, INT64_MAX),
};

static const struct arg key_args[] = {
	ARG_MAP(struct entry, map, REQUIRED),
	ARG_HEX(struct entry, key, REQUIRED),
};

static const struct arg next_key_args[] = {
	ARG_MAP(struct entry, map, REQUIRED),
	ARG_HEX(struct entry, key),
};

static int check_size(struct request *rq, const char *name,
		      const struct bytes *bytes, size_t size)
{
	if (bytes->len == size)
		return 0;
	return fault_request(rq, "%s: has %zu bytes, the map's has %zu", name,
			     bytes->len, size);
}

static int check_key(struct request *rq, const struct entry *entry)
{
	return check_size(rq, "key", &entry->key, entry->map.key_size);
}

/* A map without keys (a queue, a stack) takes no address of one. */
static const void *key_of(const struct entry *entry)
{
	return entry->key.len ? entry->key.data : NULL;
}

/* A descriptor as a value: an entry of a map of maps or of programs. */
static int descriptor_of(struct request *rq, const struct handle *map,
			 const char *arg, const struct handle *from,
			 const void **value)
{
	*value = &from->fd;
	if (map->value_size != sizeof(from->fd))
		return fault_request(rq, "%s: a value of map '%s' has %u bytes",
				     arg, map->name, map->value_size);
	return 0;
}

/*
 * The bytes of a value, or the descriptor of another map or a program. Bytes
 * and a program: its descriptor ends the value, as in struct bpf_devmap_val.
 */
static int value_of(struct request *rq, const struct entry *entry,
		    const void **value)
{
	const struct bytes *bytes = &entry->value;
	const struct handle *map = &entry->map, *prog = &entry->value_program;
	int err;

	if (entry->value_map.kind ? bytes->data || prog->kind :
				    !bytes->data && !prog->kind)
		return fault_request(rq, "one of value, value_map and value_program must be given");
	if (entry->value_map.kind)
		return descriptor_of(rq, map, "value_map", &entry->value_map,
				     value);
	if (!bytes->data)
		return descriptor_of(rq, map, "value_program", prog, value);
	*value = bytes->data;
	err = check_size(rq, "value", bytes, map->value_size);
	if (err || !prog->kind)
		return err;
	if (bytes->len < 2 * sizeof(prog->fd))
		return fault_request(rq, "value_program: a value of map '%s' has no room for a program",
				     map->name);
	memcpy(bytes->data + bytes->len - sizeof(prog->fd), &prog->fd,
	       sizeof(prog->fd));
	return 0;
}

static int op_map_update(struct request *rq, const void *data)
{
	const struct entry *entry = data;
	const void *value = NULL;
	int err;

	err = check_key(rq, entry);
	if (!err)
		err = value_of(rq, entry, &value);
	if (err)
		return err;
	err = bpf_map_update_elem(entry->map.fd, key_of(entry), value,
				  entry->flags);
	if (err)
		fault_kernel(rq, err, "bpf(BPF_MAP_UPDATE_ELEM)",
			     "updating map '%s'", entry->map.name);
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

static int op_map_lookup(struct request *rq, const void *data)
{
	const struct entry *entry = data;
	const struct handle *map = &entry->map;
	uint8_t *value;
	int err;

	err = check_key(rq, entry);
	if (err)
		return err;
	value = calloc(1, map->value_size + 1);
	if (!value)
		return fault_agent(rq, "calloc", "out of memory");
	err = bpf_map_lookup_elem(map->fd, key_of(entry), value);
	if (err) {
		fault_kernel(rq, err, "bpf(BPF_MAP_LOOKUP_ELEM)",
			     "looking up in map '%s'", map->name);
	} else {
		rq->answer = json_pack("{s:o}", "value",
				       json_hex(value, map->value_size));
		if (map->type == BPF_MAP_TYPE_CPUMAP)
			add_cpumap_value(rq->answer, map, value);
	}
	free(value);
	return err;
}

static int op_map_delete(struct request *rq, const void *data)
{
	const struct entry *entry = data;
	int err;

	err = check_key(rq, entry);
	if (err)
		return err;
	err = bpf_map_delete_elem(entry->map.fd, key_of(entry));
	if (err)
		fault_kernel(rq, err, "bpf(BPF_MAP_DELETE_ELEM)",
			     "deleting from map '%s'", entry->map.name);
	return err;
}

static int op_map_next_key(struct request *rq, const void *data)
{
	const struct entry *entry = data;
	const struct handle *map = &entry->map;
	uint8_t *next;
	int err;

	err = entry->key.data ? check_key(rq, entry) : 0;
	if (err)
		return err;
	next = calloc(1, map->key_size + 1);
	if (!next)
		return fault_agent(rq, "calloc", "out of memory");
	err = bpf_map_get_next_key(map->fd, key_of(entry), next);
	if (err)
		fault_kernel(rq, err, "bpf(BPF_MAP_GET_NEXT_KEY)",
			     "reading the next key of map '%s'", map->name);
	else
		rq->answer = json_pack("{s:o}", "key",
				       json_hex(next, map->key_size));
	free(next);
	return err;
}

static int op_map_take(struct request *rq, const void *data)
{
	const struct entry *entry = data;
	const struct handle *map = &entry->map;
	uint8_t *value;
	int err;

	err = check_key(rq, entry);
	if (err)
		return err;
	value = calloc(1, map->value_size + 8);
	if (!value)
		return fault_agent(rq, "calloc", "out of memory");
	err = bpf_map_lookup_and_delete_elem(map->fd, key_of(entry), value);
	if (err)
		fault_kernel(rq, err, "bpf(BPF_MAP_LOOKUP_AND_DELETE_ELEM)",
			     "taking from map '%s'", map->name);
	else
		rq->answer = json_pack("{s:o}", "value",
				       json_hex(value, map->value_size));
	free(value);
	return err;
}

static const struct op ops[] = {
	{ .name = "map_update", .run = op_map_update, .takes_caps = true,
	  OP_ARGS(update_args, struct entry) },
	{ .name = "map_lookup", .run = op_map_lookup, .takes_caps = true,
	  OP_ARGS(key_args, struct entry) },
	{ .name = "map_delete", .run = op_map_delete,
	  OP_ARGS(key_args, struct entry) },
	{ .name = "map_next_key", .run = op_map_next_key,
	  OP_ARGS(next_key_args, struct entry) },
	{ .name = "map_take", .run = op_map_take,
	  OP_ARGS(key_args, struct entry) },
};

const struct module map_module = { .name = "map", MODULE_OPS(ops) };
