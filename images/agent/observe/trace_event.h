/* SPDX-License-Identifier: GPL-2.0 */
/* Records of the trace buffer, by the event's format. */
#ifndef OBSERVE_TRACE_EVENT_H
#define OBSERVE_TRACE_EVENT_H

#include "observe/witness_rows.h"

struct trace_field {
	unsigned int offset;
	unsigned int size;		/* 1, 2, 4 or 8 bytes */
	bool is_signed;
};

/* One event of a plan, as records have it. */
struct trace_event {
	int id;				/* common_type of its records */
	struct trace_field keys[WITNESS_KEYS];
	struct trace_field sums[WITNESS_SUMS];
};

/*
 * Learns an event from the text of its "format" file. Returns NULL, or the
 * name of what the format does not have.
 */
const char *trace_event_init(struct trace_event *event, const char *format,
			     const struct witness_event *plan);

/* Adds a record to its row, if it is one of the plan's events. */
void trace_event_add(const struct trace_event *events,
		     const struct witness_plan *plan, const __u8 *record,
		     size_t size, struct witness_rows *rows);

#endif /* OBSERVE_TRACE_EVENT_H */
