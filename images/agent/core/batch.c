// SPDX-License-Identifier: GPL-2.0
/* batch: many requests in one round trip, run in order, none skipped. */
#include <stdlib.h>
#include <string.h>
#include "core/dispatch.h"

/* {"ok":..} or {"error":..} of one request that has run. */
static json_t *answer_of(struct request *rq, int err)
{
	json_t *json = json_object();

	if (err) {
		json_object_set_new(json, "error", fault_json(&rq->fault));
		json_decref(rq->answer);
	} else {
		json_object_set_new(json, "ok", rq->answer ? rq->answer :
							     json_object());
	}
	free(rq->fault.log);
	return json;
}

struct batch {
	json_t *requests;
};

static const struct arg batch_args[] = {
	ARG_ARRAY(struct batch, requests, REQUIRED),
};

static int run_one(struct request *sub, size_t i)
{
	const char *op;

	if (!json_is_object(sub->args))
		return fault_request(sub, "requests[%zu]: must be an object",
				     i);
	op = json_string_value(json_object_get(sub->args, "op"));
	if (op && !strcmp(op, "batch"))
		return fault_request(sub, "requests[%zu]: a batch cannot be in a batch",
				     i);
	if (json_is_true(json_object_get(sub->args, "bg")))
		return fault_request(sub, "requests[%zu]: bg cannot be in a batch",
				     i);
	return op_run(sub);
}

static int op_batch(struct request *rq, const void *data)
{
	const struct batch *batch = data;
	json_t *answers = json_array(), *one;
	size_t i;

	json_array_foreach(batch->requests, i, one) {
		struct request sub = { .args = one };
		int err = run_one(&sub, i);

		json_array_append_new(answers, answer_of(&sub, err));
	}
	rq->answer = json_pack("{s:o}", "answers", answers);
	return 0;
}

static const struct op ops[] = {
	{ .name = "batch", .run = op_batch,
	  OP_ARGS(batch_args, struct batch) },
};

const struct module batch_module = { .name = "batch", MODULE_OPS(ops) };
