/* SPDX-License-Identifier: GPL-2.0 */
/* The two ways of the witness; a tracefs instance of its own serves both. */
#ifndef WITNESS_H
#define WITNESS_H

#include "request.h"

#define WITNESS_INSTANCE "instances/bpfrig/"

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

/* A file of the instance: write, or read with the caller to free. */
int witness_write(struct request *rq, const char *file, const char *text);
int witness_slurp(struct request *rq, const char *file, char **text);

#endif /* WITNESS_H */
