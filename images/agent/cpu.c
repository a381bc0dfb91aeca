// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include "cpu.h"
#include "hog.h"

json_t *cpu_list(const char *text)
{
	json_t *list = json_array();
	long from, to;
	char *end;

	while (*text) {
		from = strtol(text, &end, 10);
		if (end == text)
			break;
		to = from;
		if (*end == '-')
			to = strtol(end + 1, &end, 10);
		for (; from <= to; from++)
			json_array_append_new(list, json_integer(from));
		text = *end == ',' ? end + 1 : end;
	}
	return list;
}

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

	/* The kernel itself cuts the mask to the CPUs there are. */
	CPU_ZERO_S(size, set);
	for (cpu = 0; cpu <= CPU_MAX; cpu++)
		if (!hog_has(cpu))
			CPU_SET_S(cpu, size, set);
	sched_setaffinity(0, size, set);
	CPU_FREE(set);
}

int arg_cpus(struct request *rq, const char *name, void *mask)
{
	json_t *list = json_object_get(rq->args, name);
	size_t size = CPU_ALLOC_SIZE(CPU_MAX + 1), i;
	json_t *one;

	if (!json_is_array(list) || !json_array_size(list))
		return fault_request(rq, "%s: a list of CPUs is wanted", name);
	CPU_ZERO_S(size, (cpu_set_t *)mask);
	json_array_foreach(list, i, one) {
		long long cpu = json_integer_value(one);

		if (!json_is_integer(one) || cpu < 0 || cpu > CPU_MAX)
			return fault_request(rq, "%s: CPU numbers of 0..%d are wanted",
					     name, CPU_MAX);
		CPU_SET_S(cpu, size, (cpu_set_t *)mask);
	}
	return 0;
}
