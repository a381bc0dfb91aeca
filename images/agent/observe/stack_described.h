/* SPDX-License-Identifier: GPL-2.0 */
/* Frames without a number, which their source describes by a hash of each. */
#ifndef OBSERVE_STACK_DESCRIBED_H
#define OBSERVE_STACK_DESCRIBED_H

#include "core/args.h"
#include "observe/stack_classifier.h"

/* What a source sends: hashes of 8 bytes, and BPFRIG_KIND_*. */
struct description {
	struct bytes hashes;
	__u32 kinds;
};

/* Adds frames to those that the classifier knows. */
int stack_describe(struct request *rq, struct stack *stack, const void *data);
/* Answers with each hash, and how often its frame came. */
int stack_described(struct request *rq, struct stack *stack,
		    const void *data);
/* Forgets all frames. */
int stack_undescribe(struct request *rq, struct stack *stack);

#endif /* OBSERVE_STACK_DESCRIBED_H */
