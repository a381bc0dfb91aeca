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
#include "trace_page.h"
#include "trace_rows.h"
#include "tracefs.h"
#include "witness.h"
#include "witness_instance.h"

#define BUFFER_KIB	"4096"	/* a CPU: some 100000 events */
#define PAGE_ROOM	65536

static int *pipes;
static int n_pipes;
static long long lost_before;	/* the kernel's own count at the start */

static int open_pipes(struct request *rq)
{
	char file[96], path[128];
	int cpu;

	n_pipes = sysconf(_SC_NPROCESSORS_CONF);
	pipes = calloc(n_pipes, sizeof(*pipes));
	if (!pipes)
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

static int enable(struct request *rq, const char *value)
{
	char file[96];
	size_t i;
	int err = 0;

	for (i = 0; !err && trace_event_name(i); i++) {
		snprintf(file, sizeof(file), "events/xdp/%s/enable",
			 trace_event_name(i));
		err = witness_write(rq, file, value);
	}
	return err;
}

static void stop(void)
{
	struct request none = {};
	int cpu;

	enable(&none, "0");
	for (cpu = 0; pipes && cpu < n_pipes; cpu++)
		if (pipes[cpu] >= 0)
			close(pipes[cpu]);
	free(pipes);
	pipes = NULL;
	trace_rows_free();
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

/* Reads all that is recorded, into the rows or to nowhere. */
static void drain(void (*each)(const __u8 *record, size_t size, void *data))
{
	static __u8 page[PAGE_ROOM];
	ssize_t n;
	int cpu;

	for (cpu = 0; cpu < n_pipes; cpu++)
		while (pipes[cpu] >= 0 &&
		       (n = read(pipes[cpu], page, sizeof(page))) > 0)
			if (each)
				trace_page_each(page, n, each, NULL);
}

static long long all_lost(struct request *rq)
{
	long long lost = 0;
	int cpu;

	for (cpu = 0; cpu < n_pipes; cpu++)
		if (pipes[cpu] >= 0)
			lost += cpu_lost(rq, cpu);
	return lost;
}

static int start(struct request *rq)
{
	int err;

	err = witness_trace_buffer(rq);
	if (!err)
		err = trace_rows_start(rq);
	if (!err)
		err = open_pipes(rq);
	if (err)
		return err;
	/* Emptying is much faster than truncating, which resets the buffer. */
	drain(NULL);
	lost_before = all_lost(rq);
	return enable(rq, "1");
}

static int read_rows(struct request *rq, json_t *answer)
{
	long long lost;

	drain(trace_rows_add);
	lost = all_lost(rq) - lost_before + trace_rows_json(answer);
	json_object_set_new(answer, "lost", json_integer(lost));
	return 0;
}

const struct witness_kind witness_trace = {
	.name = "trace", .start = start, .read = read_rows, .stop = stop,
};
