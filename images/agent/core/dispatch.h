/* SPDX-License-Identifier: GPL-2.0 */
/* From a request to its op. */
#ifndef CORE_DISPATCH_H
#define CORE_DISPATCH_H

#include "core/op.h"

/* Finds the op, checks the arguments against its table, and runs it. */
int op_run(struct request *rq);

/* The same for an op that is known, for tests. */
int op_call(struct request *rq, const struct op *op);

#endif /* CORE_DISPATCH_H */
