// SPDX-License-Identifier: GPL-2.0
/* Kernel threads by the beginning of their name. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cpu.h"
#include "file.h"
#include "ops.h"
#include "task.h"

struct search {
	const char *prefix;
	json_t *rows;
};

/* The list of "Cpus_allowed_list:" in the task's status. */
static json_t *cpus_allowed(pid_t tid)
{
	static const char label[] = "Cpus_allowed_list:\t";
	char path[64], *text, *at;
	json_t *list = NULL;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	if (file_slurp(path, &text, &len))
		return json_array();
	at = strstr(text, label);
	if (at) {
		at += strlen(label);
		at[strcspn(at, "\n")] = 0;
		list = cpu_list(at);
	}
	free(text);
	return list ? list : json_array();
}

static const char *policy_name(int policy)
{
	switch (policy & ~SCHED_RESET_ON_FORK) {
	case SCHED_OTHER:
		return "other";
	case SCHED_FIFO:
		return "fifo";
	case SCHED_RR:
		return "rr";
	case SCHED_BATCH:
		return "batch";
	case SCHED_IDLE:
		return "idle";
	default:
		return "unknown";
	}
}

static void add_row(const struct task *task, void *data)
{
	struct search *search = data;
	char state[2] = { task->state, 0 };

	if (!task->kernel ||
	    strncmp(task->comm, search->prefix, strlen(search->prefix)))
		return;
	json_array_append_new(search->rows, json_pack(
		"{s:i,s:o,s:o,s:s,s:s}", "pid", task->tid,
		"comm", json_text(task->comm, strlen(task->comm)),
		"cpus_allowed", cpus_allowed(task->tid), "state", state,
		"policy", policy_name(sched_getscheduler(task->tid))));
}

int op_kthreads(struct request *rq)
{
	struct search search;

	if (arg_str(rq, "prefix", &search.prefix))
		return -EINVAL;
	search.rows = json_array();
	task_each(add_row, &search);
	rq->answer = json_pack("{s:o}", "rows", search.rows);
	return 0;
}
