// SPDX-License-Identifier: GPL-2.0
/* The witness by hist triggers: the kernel itself keeps the sums. */
#include <stdio.h>
#include <stdlib.h>
#include "observe/hist_text.h"
#include "observe/witness_kind.h"

static int set(struct request *rq, const struct witness_event *event, size_t i,
	       const char *prefix)
{
	char file[128], trigger[HIST_TRIGGER_SIZE];
	char text[HIST_TRIGGER_SIZE + 1];

	if (!hist_trigger(event, i, trigger))
		return fault_request(rq, "events: %s has too many keys or sums for hist triggers",
				     event->name);
	snprintf(file, sizeof(file), "events/%s/trigger", event->event);
	snprintf(text, sizeof(text), "%s%s", prefix, trigger);
	return witness_write(rq, file, text);
}

static int start(struct request *rq, const struct witness_plan *plan)
{
	size_t e, i;
	int err;

	for (e = 0; e < plan->n_events; e++)
		for (i = 0; i < hist_triggers(&plan->events[e]); i++) {
			err = set(rq, &plan->events[e], i, "");
			if (err)
				return err;
		}
	return 0;
}

static void stop(const struct witness_plan *plan)
{
	struct request none = {};
	size_t e, i;

	for (e = 0; e < plan->n_events; e++)
		for (i = 0; i < hist_triggers(&plan->events[e]); i++)
			set(&none, &plan->events[e], i, "!");
}

static int read_rows(struct request *rq, const struct witness_plan *plan,
		     struct witness_rows *rows)
{
	char file[128], *text;
	size_t e;
	int err;

	for (e = 0; e < plan->n_events; e++) {
		snprintf(file, sizeof(file), "events/%s/hist",
			 plan->events[e].event);
		err = witness_slurp(rq, file, &text);
		if (err)
			return err;
		hist_parse(text, plan, e, rows);
		free(text);
	}
	return 0;
}

const struct witness_kind witness_hist = {
	.name = "hist", .start = start, .read = read_rows, .stop = stop,
};
