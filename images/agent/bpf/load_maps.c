// SPDX-License-Identifier: GPL-2.0
/*
 * Which maps of an object a load creates. libbpf would create all of them,
 * and one more map is one more id, more memory and (a cpumap) more kthreads.
 */
#include <string.h>
#include "bpf/handles.h"
#include "bpf/load_maps.h"

static int find(struct request *rq, struct bpf_object *obj, const char *arg,
		const char *name, struct bpf_map **map)
{
	*map = bpf_object__find_map_by_name(obj, name);
	if (!*map)
		return fault_request(rq, "%s: the object has no map '%s'", arg,
				     name);
	return 0;
}

static int reuse(struct request *rq, struct bpf_map *map, json_t *value)
{
	const char *name = json_string_value(value);
	struct handle handle;
	int err;

	if (!name)
		return fault_request(rq, "maps: '%s' must be the name of a handle",
				     bpf_map__name(map));
	err = handle_find(rq, "maps", name, HANDLE_MAP, &handle);
	if (err)
		return err;
	/* First: a map that is reused counts as created. */
	bpf_map__set_autocreate(map, true);
	/* Copies the real map's type, sizes and flags. */
	err = bpf_map__reuse_fd(map, handle.fd);
	if (err)
		return fault_agent(rq, "bpf_map__reuse_fd",
				   "using map '%s' for '%s': %s", name,
				   bpf_map__name(map), strerror(-err));
	return 0;
}

int reuse_maps(struct request *rq, struct bpf_object *obj, json_t *maps)
{
	struct bpf_map *map;
	const char *name;
	json_t *value;
	int err;

	json_object_foreach(maps, name, value) {
		err = find(rq, obj, "maps", name, &map);
		if (!err)
			err = reuse(rq, map, value);
		if (err)
			return err;
	}
	return 0;
}

int resize_maps(struct request *rq, struct bpf_object *obj, json_t *sizes)
{
	struct bpf_map *map;
	const char *name;
	json_t *value;
	int err;

	json_object_foreach(sizes, name, value) {
		json_int_t size = json_integer_value(value);

		err = find(rq, obj, "sizes", name, &map);
		if (err)
			return err;
		if (size < 1 || size > UINT32_MAX)
			return fault_request(rq, "sizes: '%s' must have 1 to %u entries",
					     name, UINT32_MAX);
		err = bpf_map__set_max_entries(map, size);
		if (err)
			return fault_request(rq, "sizes: the size of map '%s' cannot be set: %s",
					     name, strerror(-err));
	}
	return 0;
}

int choose_maps(struct request *rq, struct bpf_object *obj, json_t *create,
		json_t *maps)
{
	struct bpf_map *map;
	json_t *value;
	size_t i;
	int err;

	/* Internal maps hold the global variables. */
	bpf_object__for_each_map(map, obj)
		if (!bpf_map__is_internal(map))
			bpf_map__set_autocreate(map, false);
	json_array_foreach(create, i, value) {
		err = find(rq, obj, "create", json_string_value(value), &map);
		if (err)
			return err;
		bpf_map__set_autocreate(map, true);
	}
	return reuse_maps(rq, obj, maps);
}
