/* SPDX-License-Identifier: GPL-2.0 */
/* The two ways of the witness. */
#ifndef WITNESS_H
#define WITNESS_H

#include "request.h"

struct witness_kind {
	const char *name;	/* as in WitnessRows */
	int (*start)(struct request *rq);
	/* Rows and "lost" into answer. */
	int (*read)(struct request *rq, json_t *answer);
	void (*stop)(void);
};

extern const struct witness_kind witness_hist;
extern const struct witness_kind witness_trace;

/* Sets the size of the instance's buffers; slow, so done in advance. */
int witness_trace_buffer(struct request *rq);

#endif /* WITNESS_H */
