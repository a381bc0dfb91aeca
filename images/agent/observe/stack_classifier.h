/* SPDX-License-Identifier: GPL-2.0 */
/* The classifier of bpf/stack.bpf.c on one device. */
#ifndef OBSERVE_STACK_CLASSIFIER_H
#define OBSERVE_STACK_CLASSIFIER_H

#include "bpfrig.h"
#include "net/device.h"
#include "observe/row_layout.h"

struct stack {
	struct stack *next;
	int ifindex;
	struct bpf_object *obj;
	int map_fd;			/* of the counts: one per CPU */
	struct row_layout counts;	/* struct bpfrig_stack_count */
	const struct bpfrig_arrival *arrivals;	/* of all CPUs */
	size_t arrivals_size;
	bool attached;
};

/* Loads and attaches it; NULL after recording a fault with libbpf's log. */
struct stack *stack_new(struct request *rq, const struct device *dev);
/* Zeroes the counts. */
int stack_zero(struct request *rq, const struct stack *stack);
/* Detaches it. */
void stack_free(struct stack *stack);

#endif /* OBSERVE_STACK_CLASSIFIER_H */
