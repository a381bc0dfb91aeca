/* SPDX-License-Identifier: GPL-2.0 */
/* What a subsystem of the agent consists of: ops, and their clean-up. */
#ifndef CORE_OP_H
#define CORE_OP_H

#include "core/args.h"

/*
 * One op. Its arguments are checked against the table and stored into a
 * struct of size bytes, which starts as a copy of *defaults, or as zeroes.
 */
struct op {
	const char *name;
	const struct arg *args;
	size_t n_args;
	size_t size;
	const void *defaults;
	/* Takes "caps" too: the capabilities in effect for this request. */
	bool takes_caps;
	/*
	 * Sets rq->answer if the op has one. Returns 0, or a negative errno
	 * after recording a fault.
	 */
	int (*run)(struct request *rq, const void *args);
};

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The members of struct op that a table of arguments determines. */
#define OP_ARGS(table, type) \
	.args = (table), .n_args = ARRAY_SIZE(table), .size = sizeof(type)

/*
 * A subsystem. Requests may run in several threads at a time, so a module
 * locks what it keeps.
 */
struct module {
	const char *name;
	const struct op *ops;
	size_t n_ops;
	/* Does once, before the first client, what takes long. */
	void (*prepare)(void);
	/* The client is gone: makes whatever waits return, in any thread. */
	void (*abort)(void);
	/* Undoes what the session made, when nothing of it runs any more. */
	void (*drop)(void);
	/* Adds members of its own to what "bpfrig-agent describe" prints. */
	void (*describe)(json_t *into);
};

#define MODULE_OPS(table) .ops = (table), .n_ops = ARRAY_SIZE(table)

#endif /* CORE_OP_H */
