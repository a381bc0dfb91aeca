// SPDX-License-Identifier: GPL-2.0
/* The rows of a witness: sums by event and key. */
#include <stdlib.h>
#include <string.h>
#include "observe/witness_rows.h"

#define MAX_ROWS	4096
#define FIRST_ROWS	32

static struct witness_row *find(const struct witness_rows *rows, size_t event,
				const long long key[WITNESS_KEYS])
{
	size_t i;

	for (i = 0; i < rows->n; i++)
		if (rows->rows[i].event == event &&
		    !memcmp(rows->rows[i].key, key, sizeof(rows->rows[i].key)))
			return &rows->rows[i];
	return NULL;
}

static bool grow(struct witness_rows *rows)
{
	size_t size = rows->size ? 2 * rows->size : FIRST_ROWS;
	struct witness_row *grown;

	if (size > MAX_ROWS)
		return false;
	grown = realloc(rows->rows, size * sizeof(*grown));
	if (!grown)
		return false;
	rows->rows = grown;
	rows->size = size;
	return true;
}

struct witness_row *witness_row(struct witness_rows *rows, size_t event,
				const long long key[WITNESS_KEYS])
{
	struct witness_row *row = find(rows, event, key);

	if (row)
		return row;
	if (rows->n == rows->size && !grow(rows))
		return NULL;
	row = &rows->rows[rows->n++];
	*row = (struct witness_row){ .event = event };
	memcpy(row->key, key, sizeof(row->key));
	return row;
}

bool witness_rows_copy(struct witness_rows *to,
		       const struct witness_rows *from)
{
	while (to->size < from->n)
		if (!grow(to))
			return false;
	if (from->n)
		memcpy(to->rows, from->rows, from->n * sizeof(*to->rows));
	to->n = from->n;
	to->lost = from->lost;
	return true;
}

void witness_rows_subtract(struct witness_rows *rows,
			   const struct witness_rows *earlier)
{
	size_t i, k;

	rows->lost -= earlier->lost;
	for (i = 0; i < rows->n; i++) {
		struct witness_row *row = &rows->rows[i];
		const struct witness_row *old = find(earlier, row->event,
						     row->key);

		if (!old)
			continue;
		row->events -= old->events;
		for (k = 0; k < WITNESS_SUMS; k++)
			row->sum[k] -= old->sum[k];
		for (k = 0; k <= WITNESS_BATCH; k++)
			row->batch[k] -= old->batch[k];
	}
}

void witness_rows_free(struct witness_rows *rows)
{
	free(rows->rows);
	*rows = (struct witness_rows){};
}

static json_t *row_json(const struct witness_event *event,
			const struct witness_row *row, bool has_batch)
{
	json_t *json = json_object(), *batch;
	size_t i;

	for (i = 0; i < event->n_keys; i++)
		json_object_set_new(json, event->keys[i],
				    json_integer(row->key[i]));
	json_object_set_new(json, "events", json_integer(row->events));
	for (i = 0; i < event->n_sums; i++)
		json_object_set_new(json, event->sums[i],
				    json_integer(row->sum[i]));
	if (event->batch < 0)
		return json;
	batch = json_array();
	for (i = 0; has_batch && i <= WITNESS_BATCH; i++)
		json_array_append_new(batch, json_integer(row->batch[i]));
	json_object_set_new(json, "batch", batch);
	return json;
}

json_t *witness_rows_json(const struct witness_plan *plan,
			  const struct witness_rows *rows, bool has_batch)
{
	json_t *tables = json_object(), *lists[WITNESS_EVENTS];
	const struct witness_row *row;
	size_t i;

	for (i = 0; i < plan->n_events; i++) {
		lists[i] = json_array();
		json_object_set_new(tables, plan->events[i].name, lists[i]);
	}
	for (i = 0; i < rows->n; i++) {
		row = &rows->rows[i];
		if (row->events)
			json_array_append_new(lists[row->event], row_json(
				&plan->events[row->event], row, has_batch));
	}
	return tables;
}
