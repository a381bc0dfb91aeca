// SPDX-License-Identifier: GPL-2.0
/*
 * The witness by the trace buffer, for kernels without hist triggers: the
 * events are recorded in full, and their raw pages summed at each read. Text
 * would be far slower. The buffer never overwrites: the kernel counts what has
 * no room, and it is reported as lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/op.h"
#include "observe/trace_event.h"
#include "observe/trace_page.h"
#include "observe/witness_kind.h"

#define BUFFER_KIB	"4096"	/* per CPU: some 100000 events */
#define PAGE_ROOM	65536

static int *pipes;
static int n_pipes;
static struct trace_event events[WITNESS_EVENTS];
static struct witness_rows total;	/* all that was read since start */

static int open_pipes(struct request *rq)
{
	char file[96], path[192];
	int cpu;

	n_pipes = sysconf(_SC_NPROCESSORS_CONF);
	pipes = calloc(n_pipes, sizeof(*pipes));
	if (!pipes)
		return fault_agent(rq, "calloc", "out of memory");
	for (cpu = 0; cpu < n_pipes; cpu++) {
		snprintf(file, sizeof(file),
			 "per_cpu/cpu%d/trace_pipe_raw", cpu);
		witness_path(file, path);
		/* A CPU that does not exist has no buffer. */
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

static int learn(struct request *rq, const struct witness_plan *plan)
{
	const char *missing;
	char file[128], *format;
	size_t i;
	int err;

	for (i = 0; i < plan->n_events; i++) {
		snprintf(file, sizeof(file), "events/%s/format",
			 plan->events[i].event);
		err = witness_slurp(rq, file, &format);
		if (err)
			return err;
		missing = trace_event_init(&events[i], format,
					   &plan->events[i]);
		free(format);
		if (missing)
			return fault_agent(rq, "witness_start",
					   "%s has no field %s",
					   plan->events[i].event, missing);
	}
	return 0;
}

static int enable(struct request *rq, const struct witness_plan *plan,
		  const char *value)
{
	char file[128];
	size_t i;
	int err = 0;

	for (i = 0; !err && i < plan->n_events; i++) {
		snprintf(file, sizeof(file), "events/%s/enable",
			 plan->events[i].event);
		err = witness_write(rq, file, value);
	}
	return err;
}

static void stop(const struct witness_plan *plan)
{
	struct request none = {};
	int cpu;

	enable(&none, plan, "0");
	for (cpu = 0; pipes && cpu < n_pipes; cpu++)
		if (pipes[cpu] >= 0)
			close(pipes[cpu]);
	free(pipes);
	pipes = NULL;
	witness_rows_free(&total);
}

/* Adds what a CPU's buffer had no room for. */
static int add_lost(struct request *rq, int cpu, __u64 *lost)
{
	static const char *const labels[] = {
		"\noverrun: ", "dropped events: ",
	};
	char file[96], *text, *at;
	size_t i;
	int err;

	snprintf(file, sizeof(file), "per_cpu/cpu%d/stats", cpu);
	err = witness_slurp(rq, file, &text);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(labels); i++) {
		at = strstr(text, labels[i]);
		*lost += at ? strtoull(at + strlen(labels[i]), NULL, 10) : 0;
	}
	free(text);
	return 0;
}

static void add_record(const __u8 *record, size_t size, void *plan)
{
	trace_event_add(events, plan, record, size, &total);
}

/* Reads all that is recorded, and counts it, or drops it without a plan. */
static void drain(const struct witness_plan *plan)
{
	static __u8 page[PAGE_ROOM];
	ssize_t n;
	int cpu;

	for (cpu = 0; cpu < n_pipes; cpu++)
		while (pipes[cpu] >= 0 &&
		       (n = read(pipes[cpu], page, sizeof(page))) > 0)
			if (plan)
				trace_page_each(page, n, add_record,
						(void *)plan);
}

static int start(struct request *rq, const struct witness_plan *plan)
{
	int err;

	err = witness_trace_buffer(rq);
	if (!err)
		err = learn(rq, plan);
	if (!err)
		err = open_pipes(rq);
	if (err)
		return err;
	/* Emptying is much faster than truncating, which resets the buffer. */
	drain(NULL);
	return enable(rq, plan, "1");
}

static int read_rows(struct request *rq, const struct witness_plan *plan,
		     struct witness_rows *rows)
{
	int cpu, err = 0;

	drain(plan);
	if (!witness_rows_copy(rows, &total))
		return fault_agent(rq, "realloc", "out of memory");
	for (cpu = 0; !err && cpu < n_pipes; cpu++)
		if (pipes[cpu] >= 0)
			err = add_lost(rq, cpu, &rows->lost);
	return err;
}

const struct witness_kind witness_trace = {
	.name = "trace", .has_batch = true, .start = start, .read = read_rows,
	.stop = stop,
};
