// SPDX-License-Identifier: GPL-2.0
/* Kernel threads by the beginning of their name. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/cpu_list.h"
#include "core/file.h"
#include "core/json.h"
#include "core/op.h"
#include "cpu/policy.h"
#include "cpu/task.h"

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

struct kthreads {
	const char *prefix;
};

static const struct arg kthreads_args[] = {
	ARG_STR(struct kthreads, prefix, REQUIRED),
};

static int op_kthreads(struct request *rq, const void *data)
{
	const struct kthreads *args = data;
	struct search search = { .prefix = args->prefix };

	search.rows = json_array();
	task_each(add_row, &search);
	rq->answer = json_pack("{s:o}", "rows", search.rows);
	return 0;
}

static const struct op ops[] = {
	{ .name = "kthreads", .run = op_kthreads,
	  OP_ARGS(kthreads_args, struct kthreads) },
};

const struct module kthreads_module = { .name = "kthreads", MODULE_OPS(ops) };
