// SPDX-License-Identifier: GPL-2.0
/*
 * object_load: a whole object, as its own loader would load it. It stays open
 * until the session ends. Its programs and maps have handles OBJECT.NAME, and
 * the maps of its variables OBJECT..bss and so on.
 */
#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "bpf/globals.h"
#include "bpf/handles.h"
#include "bpf/load_maps.h"
#include "bpf/load_programs.h"
#include "bpf/loaded.h"
#include "bpf/open_objects.h"
#include "core/op.h"

struct object_load {
	const char *object;		/* a path in the guest, or */
	const char *object_data;	/* the file in base64 */
	const char *name;
	json_t *globals;
	json_t *maps;			/* {map: handle}, instead of its own */
	json_t *sizes;			/* {map: entries} */
	json_t *programs;		/* only these; NULL: all autoloaded */
	json_t *types;			/* {program: type} */
	json_t *targets;
};

static const struct arg object_load_args[] = {
	ARG_STR(struct object_load, object),
	ARG_STR(struct object_load, object_data),
	ARG_NEW_NAME(struct object_load, name, REQUIRED),
	ARG_ARRAY(struct object_load, globals),
	ARG_OBJECT(struct object_load, maps),
	ARG_OBJECT(struct object_load, sizes),
	ARG_STRINGS(struct object_load, programs),
	ARG_OBJECT(struct object_load, types),
	ARG_OBJECT(struct object_load, targets),
};

static int prepare(struct request *rq, const struct object_load *args,
		   struct bpf_object *obj)
{
	int err = 0;

	if (args->programs)
		err = choose_programs(rq, obj, "programs", args->programs);
	if (!err)
		err = set_types(rq, obj, args->types);
	if (!err)
		err = set_targets(rq, obj, args->targets);
	if (!err)
		err = resize_maps(rq, obj, args->sizes);
	if (!err)
		err = reuse_maps(rq, obj, args->maps);
	if (!err)
		err = set_globals(rq, obj, args->globals);
	return err;
}

/* The map's name in the object: ".bss" for "fw.bss". */
static const char *plain_name(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);
	const char *dot;

	/* A section of another name, ".data.mine", is the name itself. */
	if (!bpf_map__is_internal(map) || *name == '.')
		return name;
	dot = strrchr(name, '.');
	return dot ? dot : name;
}

static int add_programs(struct request *rq, struct bpf_object *obj,
			const char *object, json_t *list)
{
	char name[sizeof(((struct handle *)0)->name)];
	struct bpf_prog_info info;
	struct bpf_program *prog;
	int err;

	bpf_object__for_each_program(prog, obj) {
		/* One that was not loaded has none. */
		if (bpf_program__fd(prog) < 0)
			continue;
		snprintf(name, sizeof(name), "%s.%s", object,
			 bpf_program__name(prog));
		err = add_program(rq, obj, prog, name, true, &info);
		if (err)
			return err;
		json_array_append_new(list,
			json_pack("{s:s,s:s,s:I,s:I}",
				  "name", bpf_program__name(prog),
				  "handle", name,
				  "id", (json_int_t)info.id,
				  "type", (json_int_t)info.type));
	}
	return 0;
}

/* Maps that were there before have handles already. */
static int add_maps(struct request *rq, struct bpf_object *obj,
		    const char *object, json_t *reused, json_t *list)
{
	char name[sizeof(((struct handle *)0)->name)];
	struct bpf_map_info info;
	struct bpf_map *map;
	int err;

	bpf_object__for_each_map(map, obj) {
		if (bpf_map__fd(map) < 0 ||
		    json_object_get(reused, plain_name(map)))
			continue;
		snprintf(name, sizeof(name), "%s.%s", object,
			 plain_name(map));
		err = add_map(rq, obj, map, name, true, &info);
		if (err)
			return err;
		json_array_append_new(list,
			json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:b}",
				  "name", plain_name(map),
				  "handle", name,
				  "id", (json_int_t)info.id,
				  "type", (json_int_t)info.type,
				  "key_size", (json_int_t)info.key_size,
				  "value_size", (json_int_t)info.value_size,
				  "max_entries", (json_int_t)info.max_entries,
				  "internal", bpf_map__is_internal(map)));
	}
	return 0;
}

static int load(struct request *rq, const struct object_load *args,
		struct bpf_object *obj)
{
	json_t *programs = json_array(), *maps = json_array();
	char what[160];
	int err;

	snprintf(what, sizeof(what), "object '%s'", args->name);
	err = prepare(rq, args, obj);
	if (!err)
		err = load_opened(rq, obj, what);
	if (!err)
		err = add_programs(rq, obj, args->name, programs);
	if (!err)
		err = add_maps(rq, obj, args->name, args->maps, maps);
	if (!err) {
		rq->answer = json_pack("{s:o,s:o}", "programs", programs,
				       "maps", maps);
		return 0;
	}
	json_decref(programs);
	json_decref(maps);
	handles_close_of(obj);
	return err;
}

static int op_object_load(struct request *rq, const void *data)
{
	const struct object_load *args = data;
	const struct object_source source = {
		.object = args->object, .object_data = args->object_data,
		.name = args->name,
	};
	struct bpf_object *obj;
	int err;

	err = object_open(rq, &source, &obj);
	if (err)
		return err;
	err = load(rq, args, obj);
	if (!err)
		return object_keep(rq, obj);
	bpf_object__close(obj);
	return err;
}

static const struct op ops[] = {
	{ .name = "object_load", .run = op_object_load,
	  OP_ARGS(object_load_args, struct object_load) },
};

const struct module object_load_module = {
	.name = "object_load", MODULE_OPS(ops),
};
