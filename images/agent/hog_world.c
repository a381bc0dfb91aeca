// SPDX-License-Identifier: GPL-2.0
/* What of a CPU has to change so that a hog starves it, and nothing else. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include "file.h"
#include "hog.h"
#include "task.h"

#define DEBUGFS		"/sys/kernel/debug"

static void fair_server_path(int cpu, char path[128])
{
	snprintf(path, 128, DEBUGFS "/sched/fair_server/cpu%d/runtime", cpu);
}

char *fair_server_off(int cpu)
{
	char path[128], *runtime = NULL;
	size_t len;

	fair_server_path(cpu, path);
	mount("debugfs", DEBUGFS, "debugfs", 0, NULL);
	if (file_slurp(path, &runtime, &len))
		return NULL;
	file_put(path, "0");
	return runtime;
}

void fair_server_on(int cpu, char *runtime)
{
	char path[128];

	fair_server_path(cpu, path);
	if (runtime)
		file_put(path, runtime);
	free(runtime);
}

struct change {
	int cpu;
	bool first;
};

static void set_ksoftirqd(const struct task *task, void *data)
{
	const struct change *change = data;
	struct sched_param param = {
		.sched_priority = change->first ? HOG_PRIORITY + 1 : 0,
	};
	char name[32];

	snprintf(name, sizeof(name), "ksoftirqd/%d", change->cpu);
	if (task->kernel && !strcmp(task->comm, name))
		sched_setscheduler(task->tid,
				   change->first ? SCHED_FIFO : SCHED_OTHER,
				   &param);
}

void ksoftirqd_first(int cpu, bool first)
{
	struct change change = { .cpu = cpu, .first = first };

	task_each(set_ksoftirqd, &change);
}
