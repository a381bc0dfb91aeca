/* SPDX-License-Identifier: GPL-2.0 */
/* The witness's own instance of tracefs, which both of its ways use. */
#ifndef WITNESS_INSTANCE_H
#define WITNESS_INSTANCE_H

#include "request.h"

#define WITNESS_INSTANCE "instances/bpfrig/"

/* A file of the instance: write, or read with the caller to free. */
int witness_write(struct request *rq, const char *file, const char *text);
int witness_slurp(struct request *rq, const char *file, char **text);

#endif /* WITNESS_INSTANCE_H */
