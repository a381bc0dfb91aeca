// SPDX-License-Identifier: GPL-2.0
/*
 * The object whose programs are verified one by one, and how one of them is
 * made the only one that a load would take, as veristat does it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "bpf/libbpf_log.h"
#include "bpf/load_maps.h"
#include "bpf/verify_object.h"

static struct {
	void *bytes;
	size_t size;
} kept;

void verify_object_keep(void *bytes, size_t size)
{
	free(kept.bytes);
	kept.bytes = bytes;
	kept.size = size;
}

int verify_object_open(struct request *rq, struct bpf_object **obj)
{
	/* The name only serves to name the maps of global variables. */
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "bpfrig");

	if (!kept.bytes)
		return fault_request(rq, "there is no object: verify_object comes first");
	libbpf_log_start();
	*obj = bpf_object__open_mem(kept.bytes, kept.size, &opts);
	if (*obj)
		return 0;
	fault_agent(rq, "bpf_object__open_mem", "libbpf cannot open the object: %s",
		    strerror(errno));
	rq->fault.log = libbpf_log_take();
	return -EINVAL;
}

static bool is_named(const json_t *names, const char *name)
{
	json_t *value;
	size_t i;

	json_array_foreach(names, i, value)
		if (!strcmp(json_string_value(value), name))
			return true;
	return false;
}

static int choose_program(struct request *rq, struct bpf_object *obj,
			  const struct verify_choice *choice,
			  struct bpf_program **chosen)
{
	struct bpf_program *prog;

	*chosen = NULL;
	bpf_object__for_each_program(prog, obj) {
		const char *name = bpf_program__name(prog);
		bool it = !strcmp(name, choice->program);

		bpf_program__set_autoload(prog, it ||
					  is_named(choice->with, name));
		if (it)
			*chosen = prog;
	}
	if (!*chosen)
		return fault_request(rq, "program: the object has no '%s'",
				     choice->program);
	if (choice->type >= 0)
		bpf_program__set_type(*chosen, choice->type);
	return 0;
}

/* Whether the type has no size of its own, so that 0 entries are right. */
static bool is_storage(enum bpf_map_type type)
{
	switch (type) {
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BPF_MAP_TYPE_STRUCT_OPS:
		return true;
	default:
		/* BPF_MAP_TYPE_CGRP_STORAGE, newer than some headers */
		return type == 32;
	}
}

/*
 * libbpf loads every program that a struct_ops map refers to, and none of
 * those that no map with autocreate does. Its initial value has pointers to
 * the programs since 1.5; before, there is none to be read, and no need.
 */
static void choose_struct_ops(struct bpf_object *obj, struct bpf_map *map,
			      const struct bpf_program *chosen)
{
	size_t size = 0, i;
	void **slots = (void **)bpf_map__initial_value(map, &size);
	struct bpf_program *prog;
	bool ours = !slots;

	for (i = 0; slots && i < size / sizeof(*slots); i++) {
		ours = ours || slots[i] == chosen;
		bpf_object__for_each_program(prog, obj)
			if (slots[i] == prog && prog != chosen)
				slots[i] = NULL;
	}
	bpf_map__set_autocreate(map, ours);
}

static void prepare_map(struct bpf_map *map)
{
	/* Nothing is to be found, or left, where it would be pinned. */
	bpf_map__set_pin_path(map, NULL);
	/*
	 * libbpf fills a PROG_ARRAY and looks at a struct_ops map even if it
	 * does not create them.
	 */
	if (!bpf_map__autocreate(map))
		bpf_map__set_type(map, BPF_MAP_TYPE_UNSPEC);
	else if (!bpf_map__max_entries(map) && !is_storage(bpf_map__type(map)))
		/* Its own loader sets the size. */
		bpf_map__set_max_entries(map, 1);
}

static int prepare_maps(struct request *rq, struct bpf_object *obj,
			const json_t *maps, const struct bpf_program *chosen)
{
	bool struct_ops = bpf_program__type(chosen) ==
			  BPF_PROG_TYPE_STRUCT_OPS;
	struct bpf_map *map;
	int err;

	err = maps ? choose_maps(rq, obj, (json_t *)maps, NULL) : 0;
	if (err)
		return err;
	bpf_object__for_each_map(map, obj) {
		if (struct_ops &&
		    bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
			choose_struct_ops(obj, map, chosen);
		prepare_map(map);
	}
	return 0;
}

int verify_object_choose(struct request *rq, struct bpf_object *obj,
			 const struct verify_choice *choice,
			 struct bpf_program **prog)
{
	int err;

	err = choose_program(rq, obj, choice, prog);
	if (!err)
		err = prepare_maps(rq, obj, choice->maps, *prog);
	return err;
}
