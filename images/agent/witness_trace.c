// SPDX-License-Identifier: GPL-2.0
/*
 * The witness by the trace buffer, for kernels without hist triggers: the two
 * events are recorded in full, and their raw pages summed at each read. Text
 * would be far slower. The buffer never overwrites: what has no room is
 * counted by the kernel and reported as lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../bpf/bpfrig.h"
#include "file.h"
#include "trace_page.h"
#include "tracefs.h"
#include "witness.h"

#define BUFFER_KIB	"4096"	/* a CPU: some 100000 events */
#define MAX_FIELDS	8
#define MAX_ROWS	4096
#define PAGE_ROOM	65536

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
static __u64 no_room;
static int *pipes;
static int n_pipes;

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

static int open_pipes(struct request *rq)
{
	char file[96], path[128];
	int cpu;

	n_pipes = sysconf(_SC_NPROCESSORS_CONF);
	pipes = calloc(n_pipes, sizeof(*pipes));
	rows = calloc(MAX_ROWS, sizeof(*rows));
	if (!pipes || !rows)
		return fault_agent(rq, "calloc", "out of memory");
	for (cpu = 0; cpu < n_pipes; cpu++) {
		snprintf(file, sizeof(file),
			 WITNESS_INSTANCE "per_cpu/cpu%d/trace_pipe_raw", cpu);
		tracefs_path(file, path);
		/* A CPU that is not there has no buffer. */
		pipes[cpu] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	}
	return 0;
}

int witness_trace_buffer(struct request *rq)
{
	int err;

	err = witness_write(rq, "options/overwrite", "0");
	if (!err)
		err = witness_write(rq, "buffer_size_kb", BUFFER_KIB);
	return err;
}

/* Forgets what is recorded, as truncating the file does. */
static int clear(struct request *rq)
{
	char path[128];
	int err;

	tracefs_path(WITNESS_INSTANCE "trace", path);
	err = file_put(path, "\n");
	if (err)
		return fault_kernel(rq, err, "write", "clearing %s", path);
	return 0;
}

static int start(struct request *rq)
{
	char file[96];
	size_t i;
	int err;

	n_rows = 0;
	no_room = 0;
	err = witness_trace_buffer(rq);
	if (!err)
		err = clear(rq);
	for (i = 0; !err && i < N_EVENTS; i++)
		err = read_format(rq, &events[i]);
	if (!err)
		err = open_pipes(rq);
	for (i = 0; !err && i < N_EVENTS; i++) {
		snprintf(file, sizeof(file), "events/xdp/%s/enable",
			 events[i].name);
		err = witness_write(rq, file, "1");
	}
	return err;
}

static void stop(void)
{
	struct request none = {};
	char file[96];
	size_t i;
	int cpu;

	for (i = 0; i < N_EVENTS; i++) {
		snprintf(file, sizeof(file), "events/xdp/%s/enable",
			 events[i].name);
		witness_write(&none, file, "0");
	}
	for (cpu = 0; pipes && cpu < n_pipes; cpu++)
		if (pipes[cpu] >= 0)
			close(pipes[cpu]);
	free(pipes);
	free(rows);
	pipes = NULL;
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

static void add_record(const __u8 *record, size_t size, void *data)
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

static long long cpu_lost(struct request *rq, int cpu)
{
	static const char *const labels[] = { "\noverrun: ", "dropped events: " };
	long long lost = 0;
	char file[96], *text, *at;
	size_t i;

	snprintf(file, sizeof(file), "per_cpu/cpu%d/stats", cpu);
	if (witness_slurp(rq, file, &text))
		return 0;
	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		at = strstr(text, labels[i]);
		lost += at ? strtoll(at + strlen(labels[i]), NULL, 10) : 0;
	}
	free(text);
	return lost;
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

static int read_rows(struct request *rq, json_t *answer)
{
	static __u8 page[PAGE_ROOM];
	json_t *lists[N_EVENTS];
	long long lost = 0;
	ssize_t n;
	size_t i;
	int cpu;

	for (cpu = 0; cpu < n_pipes; cpu++) {
		if (pipes[cpu] < 0)
			continue;
		while ((n = read(pipes[cpu], page, sizeof(page))) > 0)
			trace_page_each(page, n, add_record, NULL);
		lost += cpu_lost(rq, cpu);
	}
	for (i = 0; i < N_EVENTS; i++) {
		lists[i] = json_array();
		json_object_set_new(answer, events[i].label, lists[i]);
	}
	for (i = 0; i < n_rows; i++)
		json_array_append_new(lists[rows[i].event - events],
				      row_json(&rows[i]));
	json_object_set_new(answer, "lost", json_integer(lost + no_room));
	return 0;
}

const struct witness_kind witness_trace = {
	.name = "trace", .start = start, .read = read_rows, .stop = stop,
};
