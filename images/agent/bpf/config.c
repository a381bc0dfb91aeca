// SPDX-License-Identifier: GPL-2.0
/* config: initial values of an object's global variables, found by its BTF. */
#include <stdio.h>
#include <string.h>
#include <bpf/btf.h>
#include "bpf/config.h"

struct variable {
	const char *section;
	__u32 offset;
	__u32 size;
};

/*
 * Calls each(name, variable) for the variables of .rodata, .data and .bss
 * until it returns true.
 */
static bool for_each_variable(const struct btf *btf,
			      bool (*each)(const char *name,
					   const struct variable *variable,
					   void *data),
			      void *data)
{
	__u32 n = btf__type_cnt(btf), id, i;

	for (id = 1; id < n; id++) {
		const struct btf_type *sec = btf__type_by_id(btf, id);
		const struct btf_var_secinfo *info;
		struct variable variable;

		if (!btf_is_datasec(sec))
			continue;
		variable.section = btf__name_by_offset(btf, sec->name_off);
		if (strncmp(variable.section, ".rodata", 7) &&
		    strncmp(variable.section, ".data", 5) &&
		    strncmp(variable.section, ".bss", 4))
			continue;
		info = btf_var_secinfos(sec);
		for (i = 0; i < btf_vlen(sec); i++) {
			const struct btf_type *var;

			var = btf__type_by_id(btf, info[i].type);
			variable.offset = info[i].offset;
			variable.size = info[i].size;
			if (each(btf__name_by_offset(btf, var->name_off),
				 &variable, data))
				return true;
		}
	}
	return false;
}

struct search {
	const char *name;
	struct variable found;
};

static bool is_it(const char *name, const struct variable *variable,
		  void *data)
{
	struct search *search = data;

	if (strcmp(name, search->name))
		return false;
	search->found = *variable;
	return true;
}

struct list {
	char text[384];
	size_t len;
};

static bool add_name(const char *name, const struct variable *variable,
		     void *data)
{
	struct list *list = data;
	size_t room = sizeof(list->text) - list->len;
	int n;

	(void)variable;
	n = snprintf(list->text + list->len, room, "%s%s",
		     list->len ? ", " : "", name);
	if ((size_t)n < room)
		list->len += n;
	return false;
}

/* Does n fit into size bytes, signed or unsigned? */
static bool fits(long long n, __u32 size)
{
	if (size >= 8)
		return true;
	return n >= -(1LL << (8 * size - 1)) && n < 1LL << (8 * size);
}

static int set_variable(struct request *rq, struct bpf_object *obj,
			const char *name, json_t *value)
{
	struct search search = { .name = name };
	struct list known = {};
	struct bpf_map *map;
	size_t map_size;
	long long n;
	char *bytes;

	if (!bpf_object__btf(obj))
		return fault_request(rq, "config: the object has no BTF (build it with -g)");
	if (!for_each_variable(bpf_object__btf(obj), is_it, &search)) {
		for_each_variable(bpf_object__btf(obj), add_name, &known);
		return fault_request(rq, "config: there is no variable '%s'; known: %s",
				     name, known.len ? known.text : "none");
	}
	if (!json_is_integer(value) && !json_is_boolean(value))
		return fault_request(rq, "config: %s: must be an integer or a boolean",
				     name);
	n = json_is_integer(value) ? json_integer_value(value) :
				     json_is_true(value);
	if (!fits(n, search.found.size))
		return fault_request(rq, "config: %s: %lld does not fit into %u bytes",
				     name, n, search.found.size);
	map = bpf_object__find_map_by_name(obj, search.found.section);
	bytes = map ? (char *)bpf_map__initial_value(map, &map_size) : NULL;
	if (!bytes || search.found.size > 8 ||
	    search.found.offset + search.found.size > map_size)
		return fault_request(rq, "config: %s is not a plain number",
				     name);
	memcpy(bytes + search.found.offset, &n, search.found.size);
	return 0;
}

int load_config(struct request *rq, struct bpf_object *obj, json_t *config)
{
	const char *name;
	json_t *value;
	int err;

	json_object_foreach(config, name, value) {
		err = set_variable(rq, obj, name, value);
		if (err)
			return err;
	}
	return 0;
}
