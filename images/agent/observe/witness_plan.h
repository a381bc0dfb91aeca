/* SPDX-License-Identifier: GPL-2.0 */
/* What a witness counts: events, their keys and the fields to sum. */
#ifndef OBSERVE_WITNESS_PLAN_H
#define OBSERVE_WITNESS_PLAN_H

#include "core/request.h"

#define WITNESS_EVENTS	16
#define WITNESS_KEYS	8
#define WITNESS_SUMS	16

struct witness_event {
	const char *name;		/* of the table */
	const char *event;		/* "xdp/xdp_cpumap_enqueue" */
	size_t n_keys;
	const char *keys[WITNESS_KEYS];
	size_t n_sums;
	const char *sums[WITNESS_SUMS];
	int batch;			/* a sum: its histogram too; or -1 */
};

struct witness_plan {
	json_t *json;			/* owns the strings */
	size_t n_events;
	struct witness_event events[WITNESS_EVENTS];
};

/*
 * Reads a list of {name, event, keys, sums, batch?}. Returns 0, or a negative
 * errno after recording a request fault. witness_plan_free() must follow.
 */
int witness_plan_init(struct request *rq, struct witness_plan *plan,
		      json_t *events);
void witness_plan_free(struct witness_plan *plan);

#endif /* OBSERVE_WITNESS_PLAN_H */
