// SPDX-License-Identifier: GPL-2.0
/* Sets of CPUs as an argument: a list of numbers, and a mask. */
#include <sched.h>
#include "cpu/cpus.h"

int cpus_parse(struct request *rq, const struct arg *arg, json_t *value,
	       void *to)
{
	json_t *one;
	size_t i;

	if (!json_array_size(value))
		return fault_request(rq, "%s: must not be empty", arg->name);
	json_array_foreach(value, i, one) {
		long long cpu = json_integer_value(one);

		if (!json_is_integer(one) || cpu < 0 || cpu > CPU_MAX)
			return fault_request(rq, "%s: must be a list of CPU numbers from 0 to %d",
					     arg->name, CPU_MAX);
	}
	*(json_t **)to = value;
	return 0;
}

void cpus_mask(json_t *list, void *mask)
{
	size_t size = CPU_ALLOC_SIZE(CPU_MAX + 1), i;
	json_t *one;

	CPU_ZERO_S(size, (cpu_set_t *)mask);
	json_array_foreach(list, i, one)
		CPU_SET_S(json_integer_value(one), size, (cpu_set_t *)mask);
}
