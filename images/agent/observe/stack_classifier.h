/* SPDX-License-Identifier: GPL-2.0 */
/* The classifier of bpf/stack.bpf.c on one device. */
#ifndef OBSERVE_STACK_CLASSIFIER_H
#define OBSERVE_STACK_CLASSIFIER_H

#include "bpfrig.h"
#include "net/device.h"
#include "observe/row_layout.h"

/* An array map's values, mapped. */
struct shared_map {
	void *bytes;
	size_t size;
};

struct stack {
	struct stack *next;
	int ifindex;
	struct bpf_object *obj;
	int map_fd;			/* of the counts: one per CPU */
	int sources_fd;			/* struct bpfrig_source by slot */
	int described_fd;		/* how often each described frame came */
	int changed_fd;			/* struct bpfrig_changed: one per CPU */
	int strangers_fd;		/* hashes of frames in their place */
	struct row_layout counts;	/* struct bpfrig_stack_count */
	struct shared_map arrivals;	/* struct bpfrig_arrival */
	struct shared_map seen;		/* lanes of one byte */
	struct shared_map flows;	/* struct bpfrig_flow */
	struct bpfrig_stack_setup *setup;	/* the .bss */
	__u64 *hashes;			/* keys of described_fd */
	size_t n_hashes;
	size_t lanes;			/* those that sources use */
	bool attached;
};

/* Loads and attaches it; NULL after recording a fault with libbpf's log. */
struct stack *stack_new(struct request *rq, const struct device *dev);
/* Zeroes the counts, and forgets the sources. */
int stack_zero(struct request *rq, struct stack *stack);
/* Sets what the source of this slot sends. */
int stack_source(struct request *rq, struct stack *stack, __u32 slot,
		 const struct bpfrig_source *source);
/* Detaches it. */
void stack_free(struct stack *stack);

#endif /* OBSERVE_STACK_CLASSIFIER_H */
