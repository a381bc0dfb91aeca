/* SPDX-License-Identifier: GPL-2.0 */
/* The rows of a witness: sums by event and key. */
#ifndef OBSERVE_WITNESS_ROWS_H
#define OBSERVE_WITNESS_ROWS_H

#include "bpfrig.h"
#include "observe/witness_plan.h"

/* The largest batch of any event: that of devmap.c. */
#define WITNESS_BATCH	BPFRIG_DEVMAP_BATCH

struct witness_row {
	size_t event;			/* its number in the plan */
	long long key[WITNESS_KEYS];
	__u64 events;
	__u64 sum[WITNESS_SUMS];
	__u64 batch[WITNESS_BATCH + 1];
};

struct witness_rows {
	struct witness_row *rows;
	size_t n;
	size_t size;			/* allocated */
	__u64 lost;			/* events that are in no row */
};

/* The row of an event and a key, made if need be; NULL without room. */
struct witness_row *witness_row(struct witness_rows *rows, size_t event,
				const long long key[WITNESS_KEYS]);
/* Replaces the rows by a copy; false without memory. */
bool witness_rows_copy(struct witness_rows *to,
		       const struct witness_rows *from);
/* Takes the rows of an earlier time off: what remains was counted since. */
void witness_rows_subtract(struct witness_rows *rows,
			   const struct witness_rows *earlier);
void witness_rows_free(struct witness_rows *rows);

/* {name: [rows]}, without the rows that counted nothing. */
json_t *witness_rows_json(const struct witness_plan *plan,
			  const struct witness_rows *rows, bool has_batch);

#endif /* OBSERVE_WITNESS_ROWS_H */
