/* SPDX-License-Identifier: GPL-2.0 */
/* Types of the records of tracepoints, without the kernel's BTF. */
#ifndef OBSERVE_EVENT_TYPES_H
#define OBSERVE_EVENT_TYPES_H

#include <bpf/btf.h>
#include "core/request.h"

/*
 * Adds struct trace_event_raw_EVENT, with those fields that are one number, by
 * the text of the event's "format" file. 0 or a negative errno; -EINVAL for a
 * text without such a field.
 */
int event_type_add(struct btf *btf, const char *event, const char *format);

/*
 * Writes a file with the types of the events that the tracepoint programs of
 * an object file are for, as libbpf takes it for btf_custom_path.
 */
int event_types_write(struct request *rq, const char *object,
		      const char *path);

#endif /* OBSERVE_EVENT_TYPES_H */
