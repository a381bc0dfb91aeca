// SPDX-License-Identifier: GPL-2.0
/* Hist triggers as text. Source: kernel/trace/trace_events_hist.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "observe/hist_text.h"

/* A trigger takes two values besides hitcount: TRACING_MAP_VALS_MAX. */
#define VALUES	2
/* Rows; allocated one by one when the trigger is set, and enough for a cell. */
#define ROWS	512

size_t hist_triggers(const struct witness_event *event)
{
	return event->n_sums ? (event->n_sums + VALUES - 1) / VALUES : 1;
}

/* Appends, and stays within the size. */
static void add(char text[HIST_TRIGGER_SIZE], const char *a, const char *b)
{
	size_t len = strlen(text);

	snprintf(text + len, HIST_TRIGGER_SIZE - len, "%s%s", a, b);
}

bool hist_trigger(const struct witness_event *event, size_t i,
		  char text[HIST_TRIGGER_SIZE])
{
	char size[32];
	size_t k;

	*text = 0;
	for (k = 0; k < event->n_keys; k++)
		add(text, k ? "," : "hist:keys=", event->keys[k]);
	for (k = VALUES * i; k < VALUES * (i + 1) && k < event->n_sums; k++)
		add(text, k % VALUES ? "," : ":vals=", event->sums[k]);
	/*
	 * The kernel treats triggers with the same keys as the same trigger
	 * (hist_trigger_match) unless they are sorted differently: by
	 * hitcount, then by each key, ascending or descending.
	 */
	if (i) {
		add(text, ":sort=", event->keys[(i - 1) % event->n_keys]);
		if ((i - 1) / event->n_keys)
			add(text, ".descending", "");
	}
	snprintf(size, sizeof(size), ":size=%d", ROWS);
	add(text, size, "");
	return i < 1 + 2 * event->n_keys &&
	       strlen(text) + 2 < HIST_TRIGGER_SIZE;
}

/* The number of a name in a list, or -1. */
static int number_of(const char *name, const char *const list[], size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(list[i], name))
			return i;
	return -1;
}

/*
 * { map_id:         12, cpu:          1 } hitcount:        20  processed: ..
 * Several triggers of one event show several parts of one row. Numbers are
 * shown as unsigned ones of 64 bits, also those of signed fields.
 */
static void add_line(char *line, const struct witness_event *event,
		     size_t number, struct witness_rows *rows)
{
	long long key[WITNESS_KEYS] = {};
	__u64 hits = 0, sum[WITNESS_SUMS] = {};
	bool has[WITNESS_SUMS] = {};
	char *name, *value, *rest;
	struct witness_row *row;
	size_t k;
	int i;

	for (name = strtok_r(line, "{}:, \t", &rest); name;
	     name = strtok_r(NULL, "{}:, \t", &rest)) {
		value = strtok_r(NULL, "{}:, \t", &rest);
		if (!value)
			break;
		i = number_of(name, event->keys, event->n_keys);
		if (i >= 0)
			key[i] = (long long)strtoull(value, NULL, 10);
		if (!strcmp(name, "hitcount"))
			hits = strtoull(value, NULL, 10);
		i = number_of(name, event->sums, event->n_sums);
		if (i >= 0) {
			sum[i] = strtoull(value, NULL, 10);
			has[i] = true;
		}
	}
	row = witness_row(rows, number, key);
	if (!row) {
		rows->lost += hits;
		return;
	}
	row->events = hits;
	for (k = 0; k < event->n_sums; k++)
		if (has[k])
			row->sum[k] = sum[k];
}

/*
 * # trigger info: hist:keys=map_id,err:vals=hitcount,drops:sort=hitcount ..
 * Whether the rows below it are those of an event: another one of the plan may
 * be the same tracepoint with other keys.
 */
static bool is_of(const char *info, const struct witness_event *event)
{
	char keys[HIST_TRIGGER_SIZE] = "hist:keys=";
	size_t k;

	for (k = 0; k < event->n_keys; k++)
		add(keys, k ? "," : "", event->keys[k]);
	add(keys, ":", "");
	return !strncmp(info, keys, strlen(keys));
}

void hist_parse(char *text, const struct witness_plan *plan, size_t event,
		struct witness_rows *rows)
{
	static const char label[] = "# trigger info: ";
	char *line, *rest, *dropped;
	bool own = true;

	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		dropped = strstr(line, "Dropped: ");
		if (!strncmp(line, label, strlen(label)))
			own = is_of(line + strlen(label), &plan->events[event]);
		if (!own)
			continue;
		if (line[0] == '{')
			add_line(line, &plan->events[event], event, rows);
		else if (dropped)
			rows->lost += strtoull(dropped + strlen("Dropped: "),
					       NULL, 10);
	}
}
