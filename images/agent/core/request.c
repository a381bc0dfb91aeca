// SPDX-License-Identifier: GPL-2.0
/* The faults of a request: recorded by ops, and as JSON. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "core/json.h"
#include "core/request.h"

#define ENOTSUPP 524	/* the kernel's own, not in <errno.h> */

const char *errno_name(int code)
{
	const char *name;

	if (code == ENOTSUPP)
		return "ENOTSUPP";
	name = strerrorname_np(code);
	return name ? name : "EUNKNOWN";
}

static void fault_set(struct request *rq, const char *kind, int code,
		      const char *where, const char *fmt, va_list args)
{
	struct fault *fault = &rq->fault;

	fault->kind = kind;
	fault->code = code;
	snprintf(fault->where, sizeof(fault->where), "%s", where);
	vsnprintf(fault->message, sizeof(fault->message), fmt, args);
}

int fault_kernel(struct request *rq, int err, const char *where,
		 const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fault_set(rq, "kernel", -err, where, fmt, args);
	va_end(args);
	return err;
}

int fault_request(struct request *rq, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fault_set(rq, "request", 0, "request", fmt, args);
	va_end(args);
	return -EINVAL;
}

int fault_agent(struct request *rq, const char *where, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fault_set(rq, "agent", 0, where, fmt, args);
	va_end(args);
	return -EIO;
}

json_t *fault_json(const struct fault *fault)
{
	json_t *json = json_object();
	bool kernel = !strcmp(fault->kind, "kernel");

	json_object_set_new(json, "kind", json_string(fault->kind));
	json_object_set_new(json, "errno", kernel ?
			    json_string(errno_name(fault->code)) : json_null());
	json_object_set_new(json, "code", json_integer(fault->code));
	json_object_set_new(json, "where", json_string(fault->where));
	json_object_set_new(json, "message",
			    json_text(fault->message, strlen(fault->message)));
	json_object_set_new(json, "log", fault->log ?
			    json_text(fault->log, strlen(fault->log)) :
			    json_null());
	return json;
}
