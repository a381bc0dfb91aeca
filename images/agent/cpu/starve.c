// SPDX-License-Identifier: GPL-2.0
/* The CPU state to change so that a hog starves it, and nothing else. */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "core/file.h"
#include "core/lockdown.h"
#include "cpu/starve.h"
#include "cpu/task.h"

#define DEBUGFS		"/sys/kernel/debug"

static void fair_server_path(int cpu, char path[128])
{
	snprintf(path, 128, DEBUGFS "/sched/fair_server/cpu%d/runtime", cpu);
}

/* "sched/fair: Fair server interface", 6.12 */
static bool has_fair_server(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname uts;

	uname(&uts);
	return sscanf(uts.release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 12));
}

int fair_server_off(struct request *rq, int cpu, char **runtime)
{
	char path[128];
	size_t len;
	int err;

	*runtime = NULL;
	if (!has_fair_server())
		return 0;
	fair_server_path(cpu, path);
	mount("debugfs", DEBUGFS, "debugfs", 0, NULL);
	err = file_slurp(path, runtime, &len);
	/* The scheduler's files are there, and none of such a server. */
	if (err == -ENOENT && !access(DEBUGFS "/sched", F_OK))
		return 0;
	if (!err)
		err = file_put(path, "0");
	if (!err)
		return 0;
	free(*runtime);
	*runtime = NULL;
	err = fault_agent(rq, "hog",
			  "CPU %d cannot be starved: the kernel's fair server is turned off by %s (CONFIG_DEBUG_FS, and CONFIG_SCHED_DEBUG before 6.15), which returned %s",
			  cpu, path, errno_name(-err));
	fault_explain_lockdown(rq);
	return err;
}

void fair_server_on(int cpu, char *runtime)
{
	char path[128];

	fair_server_path(cpu, path);
	if (runtime)
		file_put(path, runtime);
	free(runtime);
}

struct first {
	int cpu;
	struct saved_task *saved;
	size_t n;
};

static void put_first(const struct task *task, void *data)
{
	/* ksoftirqd everywhere, the others with PREEMPT_RT. */
	static const char *const threads[] = { "ksoftirqd", "rcuc", "ktimers" };
	struct sched_param param = { .sched_priority = HOG_PRIORITY + 1 }, old;
	struct first *first = data;
	char name[32];
	size_t i;

	if (!task->kernel || first->n == SOFTIRQ_TASKS)
		return;
	for (i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		snprintf(name, sizeof(name), "%s/%d", threads[i], first->cpu);
		if (strcmp(task->comm, name) ||
		    sched_getparam(task->tid, &old))
			continue;
		first->saved[first->n++] = (struct saved_task){
			.tid = task->tid,
			.policy = sched_getscheduler(task->tid),
			.priority = old.sched_priority,
		};
		sched_setscheduler(task->tid, SCHED_FIFO, &param);
	}
}

void softirqs_first(int cpu, struct saved_task saved[SOFTIRQ_TASKS])
{
	struct first first = { .cpu = cpu, .saved = saved };

	task_each(put_first, &first);
}

void softirqs_back(const struct saved_task saved[SOFTIRQ_TASKS])
{
	size_t i;

	for (i = 0; i < SOFTIRQ_TASKS && saved[i].tid; i++) {
		struct sched_param param = {
			.sched_priority = saved[i].priority,
		};

		sched_setscheduler(saved[i].tid, saved[i].policy, &param);
	}
}
