// SPDX-License-Identifier: GPL-2.0
/* sched: a task's CPUs and policy. */
#include <errno.h>
#include <sched.h>
#include "core/op.h"
#include "cpu/cpus.h"
#include "cpu/policy.h"

struct sched_args {
	long long pid;
	json_t *cpus;
	int policy;		/* of policy_words; -1: not changed */
	long long priority;
};

static const struct sched_args defaults = { .policy = -1 };

static const struct arg args_table[] = {
	ARG_INT(struct sched_args, pid, 1, INT32_MAX, REQUIRED),
	ARG_CPUS(struct sched_args, cpus),
	ARG_WORD(struct sched_args, policy, policy_words),
	ARG_INT(struct sched_args, priority, 0, 99),
};

static int set_cpus(struct request *rq, const struct sched_args *args)
{
	cpu_set_t *set = CPU_ALLOC(CPU_MAX + 1);
	int err = 0;

	if (!set)
		return fault_agent(rq, "CPU_ALLOC", "out of memory");
	cpus_mask(args->cpus, set);
	if (sched_setaffinity(args->pid, CPU_ALLOC_SIZE(CPU_MAX + 1), set))
		err = fault_kernel(rq, -errno, "sched_setaffinity",
				   "moving task %lld", args->pid);
	CPU_FREE(set);
	return err;
}

static int set_policy(struct request *rq, const struct sched_args *args)
{
	struct sched_param param = { .sched_priority = args->priority };

	if (sched_setscheduler(args->pid, policy_number(args->policy),
			       &param))
		return fault_kernel(rq, -errno, "sched_setscheduler",
				    "setting task %lld to %s, priority %lld",
				    args->pid, policy_words[args->policy],
				    args->priority);
	return 0;
}

static int op_sched(struct request *rq, const void *data)
{
	const struct sched_args *args = data;
	int err = 0;

	if (args->cpus)
		err = set_cpus(rq, args);
	if (!err && args->policy >= 0)
		err = set_policy(rq, args);
	return err;
}

static const struct op ops[] = {
	{ .name = "sched", .run = op_sched, .defaults = &defaults,
	  OP_ARGS(args_table, struct sched_args) },
};

const struct module sched_module = { .name = "sched", MODULE_OPS(ops) };
