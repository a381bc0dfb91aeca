// SPDX-License-Identifier: GPL-2.0
/* Arguments out of a request, faults into its answer. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "request.h"

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

/* NULL and absent are the same: the argument was not given. */
static json_t *arg_get(struct request *rq, const char *name)
{
	json_t *value = json_object_get(rq->args, name);

	return json_is_null(value) ? NULL : value;
}

bool arg_given(struct request *rq, const char *name)
{
	return arg_get(rq, name);
}

int arg_opt_str(struct request *rq, const char *name, const char **value)
{
	json_t *arg = arg_get(rq, name);

	if (!arg)
		return 0;
	if (!json_is_string(arg))
		return fault_request(rq, "%s: a string is wanted", name);
	*value = json_string_value(arg);
	return 0;
}

int arg_str(struct request *rq, const char *name, const char **value)
{
	if (!arg_given(rq, name))
		return fault_request(rq, "%s: missing", name);
	return arg_opt_str(rq, name, value);
}

int arg_opt_int(struct request *rq, const char *name, long long min,
		long long max, long long *value)
{
	json_t *arg = arg_get(rq, name);
	long long n;

	if (!arg)
		return 0;
	if (!json_is_integer(arg))
		return fault_request(rq, "%s: an integer is wanted", name);
	n = json_integer_value(arg);
	if (n < min || n > max)
		return fault_request(rq, "%s: %lld is not in %lld..%lld", name,
				     n, min, max);
	*value = n;
	return 0;
}

int arg_int(struct request *rq, const char *name, long long min,
	    long long max, long long *value)
{
	if (!arg_given(rq, name))
		return fault_request(rq, "%s: missing", name);
	return arg_opt_int(rq, name, min, max, value);
}

int arg_opt_bool(struct request *rq, const char *name, bool *value)
{
	json_t *arg = arg_get(rq, name);

	if (!arg)
		return 0;
	if (!json_is_boolean(arg))
		return fault_request(rq, "%s: true or false is wanted", name);
	*value = json_is_true(arg);
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int arg_hex(struct request *rq, const char *name, uint8_t **bytes,
	    size_t *len)
{
	const char *text;
	size_t i;
	int err;

	err = arg_str(rq, name, &text);
	if (err)
		return err;
	*len = strlen(text) / 2;
	if (strlen(text) % 2)
		return fault_request(rq, "%s: an odd number of hex digits",
				     name);
	*bytes = calloc(1, *len + 1);
	if (!*bytes)
		return fault_agent(rq, "calloc", "%s: out of memory", name);
	for (i = 0; i < *len; i++) {
		int high = hex_digit(text[2 * i]);
		int low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0) {
			free(*bytes);
			*bytes = NULL;
			return fault_request(rq, "%s: not hex at digit %zu",
					     name, 2 * i);
		}
		(*bytes)[i] = high << 4 | low;
	}
	return 0;
}

json_t *json_hex(const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *in = bytes;
	json_t *json;
	char *text;
	size_t i;

	text = malloc(2 * len + 1);
	if (!text)
		return NULL;
	for (i = 0; i < len; i++) {
		text[2 * i] = digits[in[i] >> 4];
		text[2 * i + 1] = digits[in[i] & 15];
	}
	json = json_stringn(text, 2 * len);
	free(text);
	return json;
}

json_t *json_text(const char *text, size_t len)
{
	json_t *json = json_stringn(text, len);
	char *copy;
	size_t i;

	if (json)
		return json;
	copy = malloc(len + 1);
	if (!copy)
		return NULL;
	for (i = 0; i < len; i++)
		copy[i] = (text[i] & 0x80) ? '?' : text[i];
	json = json_stringn(copy, len);
	free(copy);
	return json;
}
