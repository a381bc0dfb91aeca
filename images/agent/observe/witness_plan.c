// SPDX-License-Identifier: GPL-2.0
/* Reads what a witness counts from a request. */
#include <string.h>
#include "observe/witness_plan.h"

static int names(struct request *rq, json_t *event, const char *member,
		 const char *list[], size_t max, size_t *n)
{
	json_t *array = json_object_get(event, member), *one;
	size_t i;

	if (!json_is_array(array) || json_array_size(array) > max)
		return fault_request(rq, "events: %s must be a list of at most %zu fields",
				     member, max);
	json_array_foreach(array, i, one) {
		list[i] = json_string_value(one);
		if (!list[i])
			return fault_request(rq, "events: %s must be a list of strings",
					     member);
	}
	*n = i;
	return 0;
}

static int batch_of(struct request *rq, const char *batch,
		    struct witness_event *event)
{
	size_t i;

	event->batch = -1;
	for (i = 0; batch && i < event->n_sums; i++)
		if (!strcmp(event->sums[i], batch))
			event->batch = i;
	if (batch && event->batch < 0)
		return fault_request(rq, "events: batch must be one of the sums, not '%s'",
				     batch);
	return 0;
}

static int event_init(struct request *rq, struct witness_event *event,
		      json_t *json)
{
	const char *batch = NULL;
	int err;

	if (json_unpack(json, "{s:s,s:s,s?s}", "name", &event->name, "event",
			&event->event, "batch", &batch))
		return fault_request(rq, "events: each must be {name, event, keys, sums, batch?}");
	if (!strchr(event->event, '/') || strstr(event->event, ".."))
		return fault_request(rq, "events: event must be SYSTEM/NAME, not '%s'",
				     event->event);
	err = names(rq, json, "keys", event->keys, WITNESS_KEYS,
		    &event->n_keys);
	if (!err && !event->n_keys)
		err = fault_request(rq, "events: keys must not be empty");
	if (!err)
		err = names(rq, json, "sums", event->sums, WITNESS_SUMS,
			    &event->n_sums);
	if (!err)
		err = batch_of(rq, batch, event);
	return err;
}

int witness_plan_init(struct request *rq, struct witness_plan *plan,
		      json_t *events)
{
	json_t *one;
	size_t i;
	int err;

	*plan = (struct witness_plan){};
	plan->n_events = json_array_size(events);
	if (!plan->n_events || plan->n_events > WITNESS_EVENTS)
		return fault_request(rq, "events: must be a list of 1 to %d events",
				     WITNESS_EVENTS);
	plan->json = json_deep_copy(events);
	json_array_foreach(plan->json, i, one) {
		err = event_init(rq, &plan->events[i], one);
		if (err)
			return err;
	}
	return 0;
}

void witness_plan_free(struct witness_plan *plan)
{
	json_decref(plan->json);
	*plan = (struct witness_plan){};
}
