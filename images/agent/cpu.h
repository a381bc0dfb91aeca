/* SPDX-License-Identifier: GPL-2.0 */
/* CPUs: lists of them, and where this thread runs. */
#ifndef CPU_H
#define CPU_H

#include "request.h"

/* The largest CPU number that is taken as an argument. */
#define CPU_MAX 8191

/* "0-3,5" as [0,1,2,3,5] */
json_t *cpu_list(const char *text);
/* Puts the calling thread on one CPU; cpu_unpin lets it run anywhere again. */
int cpu_pin(struct request *rq, int cpu);
void cpu_unpin(void);
/* Argument "name", a list of CPU numbers, as a mask of CPU_MAX + 1 bits. */
int arg_cpus(struct request *rq, const char *name, void *mask);

#endif /* CPU_H */
