// SPDX-License-Identifier: GPL-2.0
/* sched: a task's CPUs and policy. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include "cpu.h"
#include "ops.h"

static int set_cpus(struct request *rq, pid_t pid)
{
	cpu_set_t *set = CPU_ALLOC(CPU_MAX + 1);
	int err;

	if (!set)
		return fault_agent(rq, "CPU_ALLOC", "out of memory");
	err = arg_cpus(rq, "cpus", set);
	if (!err && sched_setaffinity(pid, CPU_ALLOC_SIZE(CPU_MAX + 1), set))
		err = fault_kernel(rq, -errno, "sched_setaffinity",
				   "moving task %d", pid);
	CPU_FREE(set);
	return err;
}

static int set_policy(struct request *rq, pid_t pid)
{
	static const struct {
		const char *name;
		int policy;
	} policies[] = {
		{ "other", SCHED_OTHER }, { "fifo", SCHED_FIFO },
		{ "rr", SCHED_RR },	  { "batch", SCHED_BATCH },
		{ "idle", SCHED_IDLE },
	};
	struct sched_param param = {};
	long long priority = 0;
	const char *name;
	size_t i;

	if (arg_str(rq, "policy", &name) ||
	    arg_opt_int(rq, "priority", 0, 99, &priority))
		return -EINVAL;
	param.sched_priority = priority;
	for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		if (strcmp(policies[i].name, name))
			continue;
		if (sched_setscheduler(pid, policies[i].policy, &param))
			return fault_kernel(rq, -errno, "sched_setscheduler",
					    "setting task %d to %s, priority %lld",
					    pid, name, priority);
		return 0;
	}
	return fault_request(rq, "policy: other, fifo, rr, batch or idle is wanted");
}

int op_sched(struct request *rq)
{
	long long pid;
	int err;

	err = arg_int(rq, "pid", 1, INT32_MAX, &pid);
	if (!err && arg_given(rq, "cpus"))
		err = set_cpus(rq, pid);
	if (!err && arg_given(rq, "policy"))
		err = set_policy(rq, pid);
	return err;
}
