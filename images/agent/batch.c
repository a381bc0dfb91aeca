// SPDX-License-Identifier: GPL-2.0
/* batch: many requests in one round trip, run in order, none skipped. */
#include <stdlib.h>
#include <string.h>
#include "ops.h"

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

int op_batch(struct request *rq)
{
	json_t *requests = json_object_get(rq->args, "requests");
	json_t *answers, *one;
	size_t i;

	if (!json_is_array(requests))
		return fault_request(rq, "requests: a list is wanted");
	answers = json_array();
	json_array_foreach(requests, i, one) {
		struct request sub = { .args = one };
		const char *op = json_string_value(json_object_get(one, "op"));
		int err;

		if (!json_is_object(one))
			err = fault_request(&sub, "requests[%zu]: an object is wanted", i);
		else if (op && !strcmp(op, "batch"))
			err = fault_request(&sub, "a batch in a batch");
		else if (json_is_true(json_object_get(one, "bg")))
			err = fault_request(&sub, "bg in a batch");
		else
			err = op_run(&sub);
		json_array_append_new(answers, answer_of(&sub, err));
	}
	rq->answer = json_pack("{s:o}", "answers", answers);
	return 0;
}
