// SPDX-License-Identifier: GPL-2.0
/* Enumerations of bpf(2) as arguments, by name or number. */
#include <string.h>
#include <bpf/libbpf.h>
#include "bpf/enum_name.h"

/* Beyond the last value that any kernel has. */
#define MAX_ENUM	256

static int parse(struct request *rq, const struct arg *arg, json_t *value,
		 const char *(*spell)(int), long long *to)
{
	const char *text = json_string_value(value), *known;
	int i;

	if (json_is_integer(value) && json_integer_value(value) >= 0 &&
	    json_integer_value(value) <= UINT32_MAX) {
		*to = json_integer_value(value);
		return 0;
	}
	if (!text)
		return fault_request(rq, "%s: must be a name or a number from 0 to %u",
				     arg->name, UINT32_MAX);
	for (i = 0; i < MAX_ENUM; i++) {
		known = spell(i);
		if (known && !strcmp(known, text)) {
			*to = i;
			return 0;
		}
	}
	return fault_request(rq, "%s: '%s' is unknown; use its number",
			     arg->name, text);
}

static const char *map_type(int type)
{
	return libbpf_bpf_map_type_str(type);
}

static const char *prog_type(int type)
{
	return libbpf_bpf_prog_type_str(type);
}

static const char *attach_type(int type)
{
	return libbpf_bpf_attach_type_str(type);
}

int map_type_parse(struct request *rq, const struct arg *arg, json_t *value,
		   void *to)
{
	return parse(rq, arg, value, map_type, to);
}

int prog_type_parse(struct request *rq, const struct arg *arg, json_t *value,
		    void *to)
{
	return parse(rq, arg, value, prog_type, to);
}

int prog_type_named(struct request *rq, const char *arg, const char *name,
		    enum bpf_prog_type *type)
{
	int i;

	for (i = 0; i < MAX_ENUM; i++)
		if (prog_type(i) && !strcmp(prog_type(i), name)) {
			*type = i;
			return 0;
		}
	return fault_request(rq, "%s: the type '%s' is unknown", arg, name);
}

int attach_type_parse(struct request *rq, const struct arg *arg,
		      json_t *value, void *to)
{
	return parse(rq, arg, value, attach_type, to);
}
