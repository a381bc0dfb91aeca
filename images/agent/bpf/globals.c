// SPDX-License-Identifier: GPL-2.0
/* Initial values of global variables, as bytes of their sections. */
#include <stdlib.h>
#include <string.h>
#include "bpf/globals.h"
#include "core/json.h"

static int store(struct request *rq, struct bpf_object *obj,
		 const char *section, json_int_t offset, const uint8_t *bytes,
		 size_t len)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, section);
	size_t size = 0;
	char *to;

	to = map ? (char *)bpf_map__initial_value(map, &size) : NULL;
	if (!to)
		return fault_request(rq, "globals: the object has no variables in '%s'",
				     section);
	if (offset < 0 || (size_t)offset > size || len > size - offset)
		return fault_request(rq, "globals: '%s' has %zu bytes, none at %lld to %lld",
				     section, size, (long long)offset,
				     (long long)(offset + len));
	memcpy(to + offset, bytes, len);
	return 0;
}

static int set_global(struct request *rq, struct bpf_object *obj,
		      json_t *global)
{
	const char *section, *hex;
	uint8_t *bytes;
	json_int_t offset;
	size_t len;
	int err;

	if (json_unpack(global, "{s:s,s:I,s:s}", "section", &section, "offset",
			&offset, "hex", &hex))
		return fault_request(rq, "globals: must be a list of {section, offset, hex}");
	err = hex_decode(hex, &bytes, &len);
	if (err)
		return fault_request(rq, "globals: hex: must be hex");
	err = store(rq, obj, section, offset, bytes, len);
	free(bytes);
	return err;
}

int set_globals(struct request *rq, struct bpf_object *obj, json_t *globals)
{
	json_t *global;
	size_t i;
	int err;

	json_array_foreach(globals, i, global) {
		err = set_global(rq, obj, global);
		if (err)
			return err;
	}
	return 0;
}
