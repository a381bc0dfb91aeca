/* SPDX-License-Identifier: GPL-2.0 */
/* One request: its arguments, its answer, and why it failed. */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

/* Why a request failed: one line, and a log of any length. */
struct fault {
	const char *kind;	/* "kernel", "request" or "agent" */
	int code;		/* a positive errno for "kernel", else 0 */
	char where[64];
	char message[512];
	char *log;		/* malloc'd, or NULL */
};

struct request {
	json_t *args;		/* the whole request object */
	json_t *answer;		/* becomes "ok"; NULL is an empty object */
	struct fault fault;
};

/*
 * Record a fault and return a negative errno to pass up. err is a negative
 * errno of the kernel: the answer has its name.
 */
int fault_kernel(struct request *rq, int err, const char *where,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));
int fault_request(struct request *rq, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int fault_agent(struct request *rq, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The exact name of a positive errno, ENOTSUPP (524) included. */
const char *errno_name(int code);
/* {"kind":..,"errno":..,...} as in PROTOCOL.md */
json_t *fault_json(const struct fault *fault);

#endif /* CORE_REQUEST_H */
