/* SPDX-License-Identifier: GPL-2.0 */
/* The observers' maps as tables of rows. */
#ifndef OBSERVE_OBSERVER_TABLES_H
#define OBSERVE_OBSERVER_TABLES_H

#include <bpf/libbpf.h>
#include "observe/row_layout.h"

/* Where the runs of a table are in the observers' state: one per CPU. */
struct table_runs {
	size_t at;
	size_t size;		/* of one run; 0 for a table without runs */
	size_t count;
	size_t sum_at;		/* in a run */
	size_t key_at;
};

/* A map "NAME_rows" of structs, and the runs that are not in it yet. */
struct table {
	char name[32];
	int fd;
	struct row_layout key;
	struct row_layout sum;	/* __u64s, the first is the number of events */
	struct table_runs runs;
};

struct observer_tables {
	struct table *tables;
	size_t n_tables;
	size_t state_at;	/* of the variable "observers" in .bss */
	size_t state_size;
	size_t lost_at;		/* in that variable */
};

/*
 * Learns all tables of a loaded object from its BTF: bpf/bpfrig.h, struct
 * bpfrig_observers. Returns 0 or a negative errno. The object must outlive the
 * tables, which are never freed.
 */
int observer_tables_init(struct observer_tables *all,
			 const struct bpf_object *obj);

/* As above, of one map and the BTF: for tests. */
int table_init(struct table *table, const struct btf *btf, const char *map,
	       __u32 key_type, __u32 sum_type);

/* The run on a CPU, NULL where no run is under way. */
const void *table_run(const struct table *table, const void *state, size_t cpu);
/* Adds the runs of a key to its sum. */
void table_add_runs(const struct table *table, const void *state,
		    const void *key, void *sum);

/* {table: [rows]}; state is the variable "observers". */
json_t *observer_tables_json(const struct observer_tables *all,
			     const void *state);

#endif /* OBSERVE_OBSERVER_TABLES_H */
