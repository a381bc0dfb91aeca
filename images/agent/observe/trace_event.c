// SPDX-License-Identifier: GPL-2.0
/* Records of the trace buffer, by the event's format, summed into rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/number.h"
#include "observe/trace_event.h"

/* "\tfield:int map_id;\toffset:8;\tsize:4;\tsigned:1;" */
static bool field_init(struct trace_field *field, const char *format,
		       const char *name)
{
	char label[80];
	const char *at;
	int is_signed;

	snprintf(label, sizeof(label), " %s;", name);
	at = strstr(format, label);
	if (!at || sscanf(at + strlen(label), " offset:%u; size:%u; signed:%d;",
			  &field->offset, &field->size, &is_signed) != 3)
		return false;
	field->is_signed = is_signed;
	return field->size == 1 || field->size == 2 || field->size == 4 ||
	       field->size == 8;
}

const char *trace_event_init(struct trace_event *event, const char *format,
			     const struct witness_event *plan)
{
	const char *id = strstr(format, "ID: ");
	size_t i;

	if (!id)
		return "ID";
	event->id = atoi(id + strlen("ID: "));
	for (i = 0; i < plan->n_keys; i++)
		if (!field_init(&event->keys[i], format, plan->keys[i]))
			return plan->keys[i];
	for (i = 0; i < plan->n_sums; i++)
		if (!field_init(&event->sums[i], format, plan->sums[i]))
			return plan->sums[i];
	return NULL;
}

static bool value_of(const struct trace_field *field, const __u8 *record,
		     size_t size, long long *value)
{
	if (field->offset + (size_t)field->size > size)
		return false;
	*value = number_at(record + field->offset, field->size,
			   field->is_signed);
	return true;
}

static void add(const struct trace_event *event,
		const struct witness_plan *plan, size_t number,
		const __u8 *record, size_t size, struct witness_rows *rows)
{
	const struct witness_event *fields = &plan->events[number];
	long long key[WITNESS_KEYS] = {}, value[WITNESS_SUMS];
	struct witness_row *row;
	size_t i;

	for (i = 0; i < fields->n_keys; i++)
		if (!value_of(&event->keys[i], record, size, &key[i]))
			goto lost;
	for (i = 0; i < fields->n_sums; i++)
		if (!value_of(&event->sums[i], record, size, &value[i]))
			goto lost;
	row = witness_row(rows, number, key);
	if (!row)
		goto lost;
	row->events++;
	for (i = 0; i < fields->n_sums; i++)
		row->sum[i] += value[i];
	if (fields->batch >= 0 && value[fields->batch] >= 0 &&
	    value[fields->batch] <= WITNESS_BATCH)
		row->batch[value[fields->batch]]++;
	return;
lost:
	rows->lost++;
}

void trace_event_add(const struct trace_event *events,
		     const struct witness_plan *plan, const __u8 *record,
		     size_t size, struct witness_rows *rows)
{
	__u16 type;
	size_t i;

	if (size < sizeof(type))
		return;
	memcpy(&type, record, sizeof(type));
	for (i = 0; i < plan->n_events; i++)
		if (events[i].id == type)
			add(&events[i], plan, i, record, size, rows);
}
