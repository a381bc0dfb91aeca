// SPDX-License-Identifier: GPL-2.0
/*
 * The observers' maps as tables of rows. Nothing here knows a table or a field
 * by name: the maps, their keys and sums, and the runs are those of the
 * object's BTF.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include "observe/observer_tables.h"

#define SUFFIX	"_rows"

/* struct bpfrig_observers, the type of the variable "observers". */
static const struct btf_type *state_type(const struct btf *btf)
{
	__s32 id = btf__find_by_name_kind(btf, "observers", BTF_KIND_VAR);

	if (id < 0)
		return NULL;
	return btf_plain_type(btf, btf__type_by_id(btf, id)->type);
}

/* The state's member with the table's name, an array of {sum, key}. */
static int runs_init(struct table *table, const struct btf *btf)
{
	const struct btf_type *state = state_type(btf), *array, *run;
	const struct btf_member *member, *sum, *key;

	member = state ? btf_member_named(btf, state, table->name) : NULL;
	if (!member)
		return 0;
	array = btf_plain_type(btf, member->type);
	if (!btf_is_array(array))
		return -EINVAL;
	run = btf_plain_type(btf, btf_array(array)->type);
	sum = btf_is_struct(run) ? btf_member_named(btf, run, "sum") : NULL;
	key = btf_is_struct(run) ? btf_member_named(btf, run, "key") : NULL;
	if (!sum || !key)
		return -EINVAL;
	table->runs = (struct table_runs){
		.at = member->offset / 8,
		.size = run->size,
		.count = btf_array(array)->nelems,
		.sum_at = sum->offset / 8,
		.key_at = key->offset / 8,
	};
	return 0;
}

int table_init(struct table *table, const struct btf *btf, const char *map,
	       __u32 key_type, __u32 sum_type)
{
	size_t len = strlen(map) - strlen(SUFFIX);
	int err;

	*table = (struct table){};
	if (len >= sizeof(table->name))
		return -EINVAL;
	memcpy(table->name, map, len);
	err = row_layout_init(&table->key, btf, key_type);
	if (!err)
		err = row_layout_init(&table->sum, btf, sum_type);
	if (!err)
		err = runs_init(table, btf);
	return err;
}

static bool is_table(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);
	size_t len = strlen(name);

	return len > strlen(SUFFIX) &&
	       !strcmp(name + len - strlen(SUFFIX), SUFFIX);
}

static int state_init(struct observer_tables *all, const struct btf *btf)
{
	const struct btf_type *bss, *type = state_type(btf);
	__s32 id = btf__find_by_name_kind(btf, ".bss", BTF_KIND_DATASEC);
	__s32 var = btf__find_by_name_kind(btf, "observers", BTF_KIND_VAR);
	const struct btf_member *lost;
	int i;

	lost = type ? btf_member_named(btf, type, "lost") : NULL;
	if (id < 0 || !lost)
		return -ENOENT;
	all->state_size = type->size;
	all->lost_at = lost->offset / 8;
	bss = btf__type_by_id(btf, id);
	for (i = 0; i < btf_vlen(bss); i++)
		if (btf_var_secinfos(bss)[i].type == (__u32)var)
			all->state_at = btf_var_secinfos(bss)[i].offset;
	return 0;
}

int observer_tables_init(struct observer_tables *all,
			 const struct bpf_object *obj)
{
	const struct btf *btf = bpf_object__btf(obj);
	struct bpf_map *map;
	size_t n = 0;
	int err;

	*all = (struct observer_tables){};
	err = btf ? state_init(all, btf) : -ENOENT;
	if (err)
		return err;
	bpf_object__for_each_map(map, obj)
		n += is_table(map);
	all->tables = calloc(n + 1, sizeof(*all->tables));
	if (!all->tables)
		return -ENOMEM;
	bpf_object__for_each_map(map, obj) {
		struct table *table = &all->tables[all->n_tables];

		if (!is_table(map))
			continue;
		err = table_init(table, btf, bpf_map__name(map),
				 bpf_map__btf_key_type_id(map),
				 bpf_map__btf_value_type_id(map));
		if (err)
			return err;
		table->fd = bpf_map__fd(map);
		all->n_tables++;
	}
	return 0;
}

const void *table_run(const struct table *table, const void *state, size_t cpu)
{
	const char *run = (const char *)state + table->runs.at +
			  cpu * table->runs.size;

	/* The number of events is the first member of every sum. */
	return *(const __u64 *)(run + table->runs.sum_at) ? run : NULL;
}

void table_add_runs(const struct table *table, const void *state,
		    const void *key, void *sum)
{
	size_t cpu, i, words = table->sum.size / sizeof(__u64);
	__u64 *total = sum;
	const char *run;

	for (cpu = 0; cpu < table->runs.count; cpu++) {
		run = table_run(table, state, cpu);
		if (!run || memcmp(run + table->runs.key_at, key,
				   table->key.size))
			continue;
		for (i = 0; i < words; i++)
			total[i] += ((const __u64 *)
				     (run + table->runs.sum_at))[i];
	}
}

static json_t *row_json(const struct table *table, const void *key,
			const void *sum)
{
	json_t *row = json_object();

	row_add(row, &table->key, key);
	row_add(row, &table->sum, sum);
	return row;
}

/*
 * A row is read before the run that may be added to it: a run that ends
 * meanwhile is in neither, and never in both.
 */
static json_t *table_json(const struct table *table, const void *state)
{
	__u64 key[table->key.size / 8 + 1], next[table->key.size / 8 + 1];
	__u64 sum[table->sum.size / 8 + 1];
	json_t *list = json_array();
	void *previous = NULL;
	const char *run;
	size_t cpu;

	while (!bpf_map_get_next_key(table->fd, previous, next)) {
		memcpy(key, next, sizeof(key));
		previous = key;
		if (bpf_map_lookup_elem(table->fd, key, sum))
			continue;
		table_add_runs(table, state, key, sum);
		json_array_append_new(list, row_json(table, key, sum));
	}
	for (cpu = 0; cpu < table->runs.count; cpu++) {
		run = table_run(table, state, cpu);
		if (run && bpf_map_lookup_elem(table->fd,
					       run + table->runs.key_at, sum))
			json_array_append_new(list, row_json(
						  table,
						  run + table->runs.key_at,
						  run + table->runs.sum_at));
	}
	return list;
}

json_t *observer_tables_json(const struct observer_tables *all,
			     const void *state)
{
	json_t *tables = json_object();
	size_t i;

	for (i = 0; i < all->n_tables; i++)
		json_object_set_new(tables, all->tables[i].name,
				    table_json(&all->tables[i], state));
	return tables;
}
