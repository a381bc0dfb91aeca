// SPDX-License-Identifier: GPL-2.0
/* The witness by hist triggers: the kernel itself keeps the sums. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "witness.h"
#include "witness_instance.h"

#define ENQUEUE	"events/xdp/xdp_cpumap_enqueue/"
#define KTHREAD	"events/xdp/xdp_cpumap_kthread/"
/* Rows; allocated one by one when the trigger is set, and enough for a cell. */
#define SIZE	"size=512"

/*
 * A trigger takes two values beside hitcount (TRACING_MAP_VALS_MAX), so the
 * kthread event wants three. The kernel takes triggers of the same keys for
 * the same one (hist_trigger_match) unless they are sorted differently.
 */
static const struct {
	const char *file;
	const char *trigger;
} triggers[] = {
	{ ENQUEUE "trigger",
	  "hist:keys=map_id,cpu,to_cpu:vals=processed,drops:" SIZE },
	{ KTHREAD "trigger",
	  "hist:keys=map_id,cpu:vals=processed,drops:" SIZE },
	{ KTHREAD "trigger",
	  "hist:keys=map_id,cpu:vals=sched,xdp_pass:sort=map_id:" SIZE },
	{ KTHREAD "trigger",
	  "hist:keys=map_id,cpu:vals=xdp_drop,xdp_redirect:sort=cpu:" SIZE },
};

#define N_TRIGGERS (sizeof(triggers) / sizeof(triggers[0]))

static int start(struct request *rq)
{
	size_t i;
	int err;

	for (i = 0; i < N_TRIGGERS; i++) {
		err = witness_write(rq, triggers[i].file, triggers[i].trigger);
		if (err)
			return err;
	}
	return 0;
}

static void stop(void)
{
	struct request none = {};
	char text[160];
	size_t i;

	for (i = 0; i < N_TRIGGERS; i++) {
		snprintf(text, sizeof(text), "!%s", triggers[i].trigger);
		witness_write(&none, triggers[i].file, text);
	}
}

/*
 * { map_id:         12, cpu:          1 } hitcount:        20  processed: ..
 * Every "name: number" of the line, hitcount as events.
 */
static json_t *row_json(char *line)
{
	json_t *row = json_object();
	char *name, *number, *rest;

	for (name = strtok_r(line, "{}:, \t", &rest); name;
	     name = strtok_r(NULL, "{}:, \t", &rest)) {
		number = strtok_r(NULL, "{}:, \t", &rest);
		if (!number)
			break;
		json_object_set_new(row, strcmp(name, "hitcount") ? name :
								    "events",
				    json_integer(strtoll(number, NULL, 10)));
	}
	json_object_set_new(row, "batch", json_array());
	return row;
}

static bool same_key(json_t *a, json_t *b)
{
	static const char *const keys[] = { "map_id", "cpu", "to_cpu" };
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_integer_value(json_object_get(a, keys[i])) !=
		    json_integer_value(json_object_get(b, keys[i])))
			return false;
	return true;
}

/* Several triggers of one event show several parts of one row. */
static void add_part(json_t *rows, json_t *part)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		if (!same_key(row, part))
			continue;
		json_object_update(row, part);
		json_decref(part);
		return;
	}
	json_array_append_new(rows, part);
}

static int read_table(struct request *rq, const char *file, json_t **rows,
		      long long *lost)
{
	char *text, *line, *rest;
	int err;

	err = witness_slurp(rq, file, &text);
	if (err)
		return err;
	*rows = json_array();
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char *dropped = strstr(line, "Dropped: ");

		if (line[0] == '{')
			add_part(*rows, row_json(line));
		else if (dropped)
			*lost += strtoll(dropped + 9, NULL, 10);
	}
	free(text);
	return 0;
}

static int read_rows(struct request *rq, json_t *answer)
{
	json_t *enqueue, *kthread;
	long long lost = 0;
	int err;

	err = read_table(rq, ENQUEUE "hist", &enqueue, &lost);
	if (err)
		return err;
	json_object_set_new(answer, "enqueue", enqueue);
	err = read_table(rq, KTHREAD "hist", &kthread, &lost);
	if (err)
		return err;
	json_object_set_new(answer, "kthread", kthread);
	json_object_set_new(answer, "lost", json_integer(lost));
	return 0;
}

const struct witness_kind witness_hist = {
	.name = "hist", .start = start, .read = read_rows, .stop = stop,
};
