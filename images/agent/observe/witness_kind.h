/* SPDX-License-Identifier: GPL-2.0 */
/* The two ways of the witness, and its own instance of tracefs. */
#ifndef OBSERVE_WITNESS_KIND_H
#define OBSERVE_WITNESS_KIND_H

#include "observe/witness_rows.h"

struct witness_kind {
	const char *name;
	bool has_batch;		/* histograms of a sum */
	int (*start)(struct request *rq, const struct witness_plan *plan);
	/* All that was counted since start; rows is empty before. */
	int (*read)(struct request *rq, const struct witness_plan *plan,
		    struct witness_rows *rows);
	void (*stop)(const struct witness_plan *plan);
};

extern const struct witness_kind witness_hist;
extern const struct witness_kind witness_trace;

/* witness_trace.c: sets the size of the buffers; slow, so done in advance. */
int witness_trace_buffer(struct request *rq);

/* A file of the instance: written, or read for the caller to free. */
int witness_write(struct request *rq, const char *file, const char *text);
int witness_slurp(struct request *rq, const char *file, char **text);
/* The full path of a file of the instance, "" for the instance. */
void witness_path(const char *file, char path[192]);

#endif /* OBSERVE_WITNESS_KIND_H */
