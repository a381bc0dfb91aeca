// SPDX-License-Identifier: GPL-2.0
/* From a request to its op: the name, the arguments, the capabilities. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/dispatch.h"
#include "core/limits.h"
#include "core/modules.h"

/* What the protocol itself reads of a request. */
static bool is_envelope(const char *name)
{
	return !strcmp(name, "id") || !strcmp(name, "op") ||
	       !strcmp(name, "bg");
}

static bool takes(const struct op *op, const char *name)
{
	size_t i;

	for (i = 0; i < op->n_args; i++)
		if (!strcmp(op->args[i].name, name))
			return true;
	return op->takes_caps && !strcmp(name, "caps");
}

static int unknown_argument(struct request *rq, const struct op *op,
			    const char *name)
{
	char known[384] = "";
	size_t len = 0, i;

	for (i = 0; i < op->n_args && len < sizeof(known); i++)
		len += snprintf(known + len, sizeof(known) - len, " %s",
				op->args[i].name);
	return fault_request(rq, "%s has no argument '%s'; it takes:%s%s",
			     op->name, name, known,
			     op->takes_caps ? " caps" : "");
}

static int run(struct request *rq, const struct op *op, const void *args)
{
	int err;

	if (!op->takes_caps || !json_object_get(rq->args, "caps"))
		return op->run(rq, args);
	err = caps_take(rq);
	if (!err)
		err = op->run(rq, args);
	caps_restore();
	return err;
}

int op_call(struct request *rq, const struct op *op)
{
	const char *name;
	json_t *value;
	void *args;
	int err;

	json_object_foreach(rq->args, name, value)
		if (!is_envelope(name) && !takes(op, name))
			return unknown_argument(rq, op, name);
	args = calloc(1, op->size + 1);
	if (!args)
		return fault_agent(rq, "calloc", "out of memory");
	if (op->defaults)
		memcpy(args, op->defaults, op->size);
	err = args_parse(rq, op->args, op->n_args, args);
	if (!err)
		err = run(rq, op, args);
	args_free(op->args, op->n_args, args);
	free(args);
	return err;
}

int op_run(struct request *rq)
{
	json_t *name = json_object_get(rq->args, "op");
	const struct op *op;

	if (!name)
		return fault_request(rq, "op: missing");
	if (!json_is_string(name))
		return fault_request(rq, "op: must be a string");
	op = op_find(json_string_value(name));
	if (!op)
		return fault_request(rq, "op: there is no op '%s'",
				     json_string_value(name));
	return op_call(rq, op);
}
