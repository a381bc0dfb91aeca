/* SPDX-License-Identifier: GPL-2.0 */
/* Sums over records of the two cpumap events, as WitnessRows has them. */
#ifndef TRACE_ROWS_H
#define TRACE_ROWS_H

#include <linux/types.h>
#include "request.h"

/* The events by number, NULL behind the last. */
const char *trace_event_name(size_t i);

/* Learns the events' fields from tracefs, and starts without rows. */
int trace_rows_start(struct request *rq);
void trace_rows_free(void);
/* Adds one record to its row; for trace_page_each(). */
void trace_rows_add(const __u8 *record, size_t size, void *data);
/* Both lists of rows into answer; returns how many events had no room. */
__u64 trace_rows_json(json_t *answer);

#endif /* TRACE_ROWS_H */
