// SPDX-License-Identifier: GPL-2.0
/* Which programs a load takes, as what, and what those of type EXT replace. */
#include <stdio.h>
#include <string.h>
#include "bpf/enum_name.h"
#include "bpf/handles.h"
#include "bpf/load_programs.h"

int program_named(struct request *rq, struct bpf_object *obj, const char *arg,
		  const char *name, struct bpf_program **prog)
{
	struct bpf_program *one;
	char known[384] = "";
	size_t len = 0;

	*prog = NULL;
	bpf_object__for_each_program(one, obj) {
		if (!strcmp(bpf_program__name(one), name))
			*prog = one;
		if (len < sizeof(known))
			len += snprintf(known + len, sizeof(known) - len,
					" %s", bpf_program__name(one));
	}
	if (!*prog)
		return fault_request(rq, "%s: the object has no '%s'; it has:%s",
				     arg, name, known);
	return 0;
}

int choose_programs(struct request *rq, struct bpf_object *obj,
		    const char *arg, json_t *names)
{
	struct bpf_program *prog;
	json_t *name;
	size_t i;
	int err;

	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, false);
	json_array_foreach(names, i, name) {
		err = program_named(rq, obj, arg, json_string_value(name),
				    &prog);
		if (err)
			return err;
		bpf_program__set_autoload(prog, true);
	}
	return 0;
}

int set_types(struct request *rq, struct bpf_object *obj, json_t *types)
{
	enum bpf_prog_type type;
	struct bpf_program *prog;
	const char *name, *word;
	json_t *value;
	int err;

	json_object_foreach(types, name, value) {
		word = json_string_value(value);
		if (!word)
			return fault_request(rq, "types: must be {program: type}");
		err = program_named(rq, obj, "types", name, &prog);
		if (!err)
			err = prog_type_named(rq, "types", word, &type);
		if (err)
			return err;
		bpf_program__set_type(prog, type);
	}
	return 0;
}

static int set_target(struct request *rq, struct bpf_program *prog,
		      json_t *target)
{
	const char *handle_name, *function = NULL;
	struct handle handle;
	int err;

	if (json_unpack(target, "{s:s,s?s}", "program", &handle_name,
			"function", &function))
		return fault_request(rq, "targets: '%s' must be {program: handle, function: name}",
				     bpf_program__name(prog));
	err = handle_find(rq, "targets", handle_name, HANDLE_PROG, &handle);
	if (err)
		return err;
	err = bpf_program__set_attach_target(prog, handle.fd, function);
	if (err)
		return fault_request(rq, "targets: program '%s' has no function '%s' that '%s' can replace",
				     handle_name, function ? function : "",
				     bpf_program__name(prog));
	return 0;
}

int set_targets(struct request *rq, struct bpf_object *obj, json_t *targets)
{
	struct bpf_program *prog;
	const char *name;
	json_t *target;
	int err;

	json_object_foreach(targets, name, target) {
		err = program_named(rq, obj, "targets", name, &prog);
		if (!err)
			err = set_target(rq, prog, target);
		if (err)
			return err;
	}
	return 0;
}
