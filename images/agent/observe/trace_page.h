/* SPDX-License-Identifier: GPL-2.0 */
/* Sub-buffers of the trace ring buffer, as trace_pipe_raw returns them. */
#ifndef OBSERVE_TRACE_PAGE_H
#define OBSERVE_TRACE_PAGE_H

#include <linux/types.h>
#include <stddef.h>

/*
 * Calls each(record, size) for every event of a sub-buffer of len bytes;
 * a record begins with its __u16 common_type. Layout: events/header_page,
 * events/header_event, include/linux/ring_buffer.h.
 */
void trace_page_each(const __u8 *page, size_t len,
		     void (*each)(const __u8 *record, size_t size, void *data),
		     void *data);

#endif /* OBSERVE_TRACE_PAGE_H */
