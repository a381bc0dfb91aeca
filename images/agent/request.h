/* SPDX-License-Identifier: GPL-2.0 */
/* One request: its arguments, its answer, and what went wrong. */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

/* What a request failed of: one line, and a log as long as needed. */
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
 * errno as the kernel gave it: its name is the answer's.
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

/*
 * Arguments. All return 0, or a negative errno after recording a request
 * fault that names the argument. The *_opt forms leave the default alone.
 */
bool arg_given(struct request *rq, const char *name);
int arg_str(struct request *rq, const char *name, const char **value);
int arg_opt_str(struct request *rq, const char *name, const char **value);
int arg_int(struct request *rq, const char *name, long long min,
	    long long max, long long *value);
int arg_opt_int(struct request *rq, const char *name, long long min,
		long long max, long long *value);
int arg_opt_bool(struct request *rq, const char *name, bool *value);
/* Hex to bytes; the caller frees. */
int arg_hex(struct request *rq, const char *name, uint8_t **bytes,
	    size_t *len);

/* Bytes of any origin as a JSON string; what is not UTF-8 becomes '?'. */
json_t *json_text(const char *text, size_t len);
json_t *json_hex(const void *bytes, size_t len);

#endif /* REQUEST_H */
