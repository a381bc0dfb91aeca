// SPDX-License-Identifier: GPL-2.0
/* The two cpumap events as records of the trace buffer, summed into rows. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../bpf/bpfrig.h"
#include "trace_rows.h"
#include "witness_instance.h"

#define MAX_FIELDS	8
#define MAX_ROWS	4096

/* Keys come first, map_id, cpu and for enqueue to_cpu; the rest is summed. */
struct event {
	const char *name;
	const char *label;
	size_t n_keys;
	const char *fields[MAX_FIELDS + 1];
	int id;
	int offset[MAX_FIELDS];
};

static struct event events[] = {
	{ .name = "xdp_cpumap_enqueue", .label = "enqueue", .n_keys = 3,
	  .fields = { "map_id", "cpu", "to_cpu", "processed", "drops" } },
	{ .name = "xdp_cpumap_kthread", .label = "kthread", .n_keys = 2,
	  .fields = { "map_id", "cpu", "processed", "drops", "sched",
		      "xdp_pass", "xdp_drop", "xdp_redirect" } },
};

#define N_EVENTS (sizeof(events) / sizeof(events[0]))

struct row {
	const struct event *event;
	__s32 key[3];
	__u64 events;
	__u64 sum[MAX_FIELDS];
	__u64 batch[BPFRIG_BATCH + 1];
};

static struct row *rows;
static size_t n_rows;
static __u64 no_room;		/* events that found no row */

const char *trace_event_name(size_t i)
{
	return i < N_EVENTS ? events[i].name : NULL;
}

/* "\tfield:int map_id;\toffset:8;\tsize:4;\tsigned:1;" */
static int field_offset(const char *format, const char *field)
{
	char wanted[64];
	const char *at;
	int offset;

	snprintf(wanted, sizeof(wanted), " %s;", field);
	at = strstr(format, wanted);
	if (!at || sscanf(at + strlen(wanted), " offset:%d;", &offset) != 1)
		return -ENOENT;
	return offset;
}

static int read_format(struct request *rq, struct event *event)
{
	char file[96], *format, *id;
	size_t i;
	int err;

	snprintf(file, sizeof(file), "events/xdp/%s/format", event->name);
	err = witness_slurp(rq, file, &format);
	if (err)
		return err;
	id = strstr(format, "ID: ");
	event->id = id ? atoi(id + 4) : -1;
	for (i = 0; event->fields[i] && !err; i++) {
		event->offset[i] = field_offset(format, event->fields[i]);
		if (event->offset[i] < 0 || event->id < 0)
			err = fault_agent(rq, "witness_start",
					  "%s has no field %s", event->name,
					  event->fields[i]);
	}
	free(format);
	return err;
}

int trace_rows_start(struct request *rq)
{
	size_t i;
	int err;

	for (i = 0; i < N_EVENTS; i++) {
		err = read_format(rq, &events[i]);
		if (err)
			return err;
	}
	n_rows = 0;
	no_room = 0;
	rows = calloc(MAX_ROWS, sizeof(*rows));
	if (!rows)
		return fault_agent(rq, "calloc", "out of memory");
	return 0;
}

void trace_rows_free(void)
{
	free(rows);
	rows = NULL;
}

static struct row *row_of(const struct event *event, const __s32 key[3])
{
	size_t i;

	for (i = 0; i < n_rows; i++)
		if (rows[i].event == event &&
		    !memcmp(rows[i].key, key, sizeof(rows[i].key)))
			return &rows[i];
	if (n_rows == MAX_ROWS)
		return NULL;
	rows[n_rows].event = event;
	memcpy(rows[n_rows].key, key, sizeof(rows[n_rows].key));
	return &rows[n_rows++];
}

void trace_rows_add(const __u8 *record, size_t size, void *data)
{
	const struct event *event = NULL;
	__s32 value[MAX_FIELDS] = {}, key[3] = {};
	struct row *row;
	__u16 type;
	size_t i;

	(void)data;
	memcpy(&type, record, sizeof(type));
	for (i = 0; i < N_EVENTS; i++)
		if (events[i].id == type)
			event = &events[i];
	if (!event)
		return;
	for (i = 0; event->fields[i]; i++) {
		if (event->offset[i] + sizeof(__s32) > size)
			return;
		memcpy(&value[i], record + event->offset[i], sizeof(__s32));
	}
	memcpy(key, value, event->n_keys * sizeof(key[0]));
	row = row_of(event, key);
	if (!row) {
		no_room++;
		return;
	}
	row->events++;
	for (i = event->n_keys; event->fields[i]; i++)
		row->sum[i] += (__u32)value[i];
	/* processed is the first sum of both */
	if ((__u32)value[event->n_keys] <= BPFRIG_BATCH)
		row->batch[value[event->n_keys]]++;
}

static json_t *row_json(const struct row *row)
{
	json_t *json = json_object(), *batch = json_array();
	const struct event *event = row->event;
	size_t i;

	for (i = 0; i < event->n_keys; i++)
		json_object_set_new(json, event->fields[i],
				    json_integer(row->key[i]));
	json_object_set_new(json, "events", json_integer(row->events));
	for (; event->fields[i]; i++)
		json_object_set_new(json, event->fields[i],
				    json_integer(row->sum[i]));
	for (i = 0; i <= BPFRIG_BATCH; i++)
		json_array_append_new(batch, json_integer(row->batch[i]));
	json_object_set_new(json, "batch", batch);
	return json;
}

__u64 trace_rows_json(json_t *answer)
{
	json_t *lists[N_EVENTS];
	size_t i;

	for (i = 0; i < N_EVENTS; i++) {
		lists[i] = json_array();
		json_object_set_new(answer, events[i].label, lists[i]);
	}
	for (i = 0; i < n_rows; i++)
		json_array_append_new(lists[rows[i].event - events],
				      row_json(&rows[i]));
	return no_room;
}
