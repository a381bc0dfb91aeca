/* SPDX-License-Identifier: GPL-2.0 */
/* Counts what one program returns. */
#ifndef OBSERVE_ACTION_COUNTER_H
#define OBSERVE_ACTION_COUNTER_H

#include "bpf/handles.h"
#include "bpfrig.h"

struct action_counter {
	struct action_counter *next;
	__u32 prog_id;		/* of the program that is counted */
	int map_fd;		/* -1: not open, as the next two */
	bool counts_itself;	/* there is no fexit program */
	int fd;			/* of the fexit program */
	int link_fd;
	const volatile __u64 *actions;
	__u64 before[BPFRIG_ACTIONS];	/* counted when the counter began */
	char *log;		/* the verifier's, after a failure */
};

/* Reads the fexit program, which takes long the first time. */
void action_counter_prepare(void);
/*
 * Attaches to the target; NULL after recording a fault. As the above, not from
 * two threads at a time.
 */
struct action_counter *action_counter_new(struct request *rq,
					  const struct handle *target);
/* Detaches. */
void action_counter_free(struct action_counter *counter);

#endif /* OBSERVE_ACTION_COUNTER_H */
