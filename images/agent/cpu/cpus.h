/* SPDX-License-Identifier: GPL-2.0 */
/* Sets of CPUs as an argument. */
#ifndef CPU_CPUS_H
#define CPU_CPUS_H

#include "core/args.h"

/* The largest CPU number that is accepted as an argument. */
#define CPU_MAX 8191

/* A checked list of CPU numbers; NULL when absent. */
#define ARG_CPUS(owner, member, ...) \
	ARG_ARRAY(owner, member, .parse = cpus_parse, __VA_ARGS__)

int cpus_parse(struct request *rq, const struct arg *arg, json_t *value,
	       void *to);
/* Such a list as a mask of CPU_MAX + 1 bits: a cpu_set_t of that size. */
void cpus_mask(json_t *list, void *mask);

#endif /* CPU_CPUS_H */
