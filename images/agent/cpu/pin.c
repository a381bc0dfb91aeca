// SPDX-License-Identifier: GPL-2.0
/* Puts the calling thread on a CPU, and lets it run anywhere again. */
#include <errno.h>
#include <sched.h>
#include "cpu/cpus.h"
#include "cpu/hog.h"
#include "cpu/pin.h"

int cpu_pin(struct request *rq, int cpu)
{
	size_t size = CPU_ALLOC_SIZE(CPU_MAX + 1);
	cpu_set_t *set = CPU_ALLOC(CPU_MAX + 1);
	int err = 0;

	CPU_ZERO_S(size, set);
	CPU_SET_S(cpu, size, set);
	if (sched_setaffinity(0, size, set))
		err = fault_kernel(rq, -errno, "sched_setaffinity",
				   "moving to CPU %d", cpu);
	CPU_FREE(set);
	return err;
}

void cpu_unpin(void)
{
	size_t size = CPU_ALLOC_SIZE(CPU_MAX + 1);
	cpu_set_t *set = CPU_ALLOC(CPU_MAX + 1);
	int cpu;

	/* The kernel itself reduces the mask to the CPUs that exist. */
	CPU_ZERO_S(size, set);
	for (cpu = 0; cpu <= CPU_MAX; cpu++)
		if (!hog_has(cpu))
			CPU_SET_S(cpu, size, set);
	sched_setaffinity(0, size, set);
	CPU_FREE(set);
}

int cpu_realtime(struct request *rq, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		return fault_kernel(rq, -errno, "sched_setscheduler",
				    "SCHED_FIFO with priority %d", priority);
	return 0;
}

void cpu_ordinary(void)
{
	struct sched_param param = { .sched_priority = 0 };

	sched_setscheduler(0, SCHED_OTHER, &param);
}
