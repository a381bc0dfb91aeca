// SPDX-License-Identifier: GPL-2.0
/* load: one program out of an object file, and only the maps that it needs. */
#include <stdio.h>
#include <bpf/libbpf.h>
#include "bpf/enum_name.h"
#include "bpf/globals.h"
#include "bpf/handles.h"
#include "bpf/load_maps.h"
#include "bpf/load_programs.h"
#include "bpf/loaded.h"
#include "bpf/open_objects.h"
#include "core/json.h"
#include "core/op.h"
#include "net/device.h"

/* BPF_F_XDP_DEV_BOUND_ONLY, which is newer than the headers. */
#define XDP_DEV_BOUND_ONLY	(1U << 6)

struct load {
	const char *object;		/* a path in the guest, or */
	const char *object_data;	/* the file in base64 */
	const char *program;
	const char *name;
	json_t *also;			/* programs loaded along with it */
	json_t *globals;
	json_t *maps;
	json_t *create;
	json_t *keep;			/* {map: handle}, after the load */
	json_t *targets;
	long long type;			/* -1: the section's */
	long long expected_attach;	/* -1: the section's */
	bool frags;
	struct device dev_bound;
	bool keep_open;
};

static const struct load defaults = { .type = -1, .expected_attach = -1 };

static const struct arg load_args[] = {
	ARG_STR(struct load, object),
	ARG_STR(struct load, object_data),
	ARG_STR(struct load, program, REQUIRED),
	ARG_NEW_NAME(struct load, name, REQUIRED),
	ARG_STRINGS(struct load, also),
	ARG_ARRAY(struct load, globals),
	ARG_OBJECT(struct load, maps),
	ARG_STRINGS(struct load, create),
	ARG_OBJECT(struct load, keep),
	ARG_OBJECT(struct load, targets),
	ARG_PROG_TYPE(struct load, type),
	ARG_ATTACH_TYPE(struct load, expected_attach),
	ARG_BOOL(struct load, frags),
	ARG_DEVICE(struct load, dev_bound),
	ARG_BOOL(struct load, keep_open),
};

static void set_options(const struct load *args, struct bpf_program *prog)
{
	__u32 flags = bpf_program__flags(prog);

	if (args->type >= 0)
		bpf_program__set_type(prog, args->type);
	if (args->expected_attach >= 0)
		bpf_program__set_expected_attach_type(prog,
						      args->expected_attach);
	if (args->dev_bound.name) {
		bpf_program__set_ifindex(prog, args->dev_bound.ifindex);
		flags |= XDP_DEV_BOUND_ONLY;
	}
	if (args->frags)
		flags |= BPF_F_XDP_HAS_FRAGS;
	bpf_program__set_flags(prog, flags);
}

/* The requested program, and those that its tables of tail calls name. */
static int choose_program(struct request *rq, struct bpf_object *obj,
			  const struct load *args, struct bpf_program **chosen)
{
	int err;

	err = choose_programs(rq, obj, "also", args->also);
	if (!err)
		err = program_named(rq, obj, "program", args->program, chosen);
	if (!err)
		bpf_program__set_autoload(*chosen, true);
	return err;
}

/* Handles for maps that the load made: tables of tail calls, variables. */
static int keep_maps(struct request *rq, struct bpf_object *obj,
		     const struct load *args)
{
	struct bpf_map_info info;
	struct bpf_map *map;
	const char *name;
	json_t *handle;
	int err;

	json_object_foreach(args->keep, name, handle) {
		map = bpf_object__find_map_by_name(obj, name);
		if (!map || !json_is_string(handle))
			return fault_request(rq, "keep: must be {map: handle}, and '%s' a map of the object",
					     name);
		err = add_map(rq, obj, map, json_string_value(handle),
			      args->keep_open, &info);
		if (err)
			return err;
	}
	return 0;
}

static int load(struct request *rq, const struct load *args,
		struct bpf_object *obj)
{
	struct bpf_prog_info info;
	struct bpf_program *prog;
	char what[160];
	int err;

	err = choose_program(rq, obj, args, &prog);
	if (err)
		return err;
	set_options(args, prog);
	err = set_targets(rq, obj, args->targets);
	if (!err)
		err = set_globals(rq, obj, args->globals);
	if (!err)
		err = choose_maps(rq, obj, args->create, args->maps);
	snprintf(what, sizeof(what), "program '%s'", args->program);
	if (!err)
		err = load_opened(rq, obj, what);
	if (!err)
		err = keep_maps(rq, obj, args);
	if (!err)
		err = add_program(rq, obj, prog, args->name, args->keep_open,
				  &info);
	if (!err)
		rq->answer = json_pack("{s:I,s:o}", "id",
				       (json_int_t)info.id, "tag",
				       json_hex(info.tag, sizeof(info.tag)));
	return err;
}

static int op_load(struct request *rq, const void *data)
{
	const struct load *args = data;
	const struct object_source source = {
		.object = args->object, .object_data = args->object_data,
		/* Only serves to name the maps of global variables. */
		.name = "bpfrig",
	};
	struct bpf_object *obj;
	struct handle unused;
	int err;

	err = handle_new(rq, HANDLE_PROG, args->name, &unused);
	if (!err)
		err = object_open(rq, &source, &obj);
	if (err)
		return err;
	err = load(rq, args, obj);
	if (!err && args->keep_open)
		return object_keep(rq, obj);
	if (err && args->keep_open)
		handles_close_of(obj);
	bpf_object__close(obj);
	return err;
}

static const struct op ops[] = {
	{ .name = "load", .run = op_load, .defaults = &defaults,
	  OP_ARGS(load_args, struct load) },
};

const struct module load_module = { .name = "load", MODULE_OPS(ops) };
