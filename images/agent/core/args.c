// SPDX-License-Identifier: GPL-2.0
/* Checks a request's arguments against a table and stores them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/args.h"
#include "core/json.h"

static const struct {
	const char *name;
	const char *must_be;
} types[] = {
	[ARG_TYPE_INT] = { "int", NULL },
	[ARG_TYPE_STR] = { "string", "a string" },
	[ARG_TYPE_BOOL] = { "bool", "true or false" },
	[ARG_TYPE_HEX] = { "hex", "a string of hex digits" },
	[ARG_TYPE_OBJECT] = { "object", "an object" },
	[ARG_TYPE_ARRAY] = { "array", "a list" },
	[ARG_TYPE_ANY] = { "any", NULL },
};

const char *arg_type_name(enum arg_type type)
{
	return types[type].name;
}

static bool has_type(const struct arg *arg, const json_t *value)
{
	switch (arg->type) {
	case ARG_TYPE_INT:
		return json_is_integer(value) &&
		       json_integer_value(value) >= arg->min &&
		       json_integer_value(value) <= arg->max;
	case ARG_TYPE_STR:
	case ARG_TYPE_HEX:
		return json_is_string(value);
	case ARG_TYPE_BOOL:
		return json_is_boolean(value);
	case ARG_TYPE_OBJECT:
		return json_is_object(value);
	case ARG_TYPE_ARRAY:
		return json_is_array(value);
	case ARG_TYPE_ANY:
		return true;
	}
	return false;
}

static int wrong_type(struct request *rq, const struct arg *arg)
{
	if (arg->type == ARG_TYPE_INT)
		return fault_request(rq, "%s: must be an integer from %lld to %lld",
				     arg->name, arg->min, arg->max);
	return fault_request(rq, "%s: must be %s", arg->name,
			     types[arg->type].must_be);
}

int arg_word(struct request *rq, const struct arg *arg, json_t *value,
	     void *to)
{
	const char *text = json_string_value(value);
	char known[256] = "";
	size_t len = 0;
	int i;

	for (i = 0; arg->words[i]; i++) {
		if (!strcmp(arg->words[i], text)) {
			*(int *)to = i;
			return 0;
		}
		if (len < sizeof(known))
			len += snprintf(known + len, sizeof(known) - len,
					"%s'%s'", !i ? "" :
					arg->words[i + 1] ? ", " : " or ",
					arg->words[i]);
	}
	return fault_request(rq, "%s: must be %s", arg->name, known);
}

int arg_strings(struct request *rq, const struct arg *arg, json_t *value,
		void *to)
{
	json_t *one;
	size_t i;

	json_array_foreach(value, i, one)
		if (!json_is_string(one))
			return fault_request(rq, "%s: must be a list of strings",
					     arg->name);
	*(json_t **)to = value;
	return 0;
}

static int store_hex(struct request *rq, const struct arg *arg, json_t *value,
		     struct bytes *bytes)
{
	int err = hex_decode(json_string_value(value), &bytes->data,
			     &bytes->len);

	if (err == -ENOMEM)
		return fault_agent(rq, "calloc", "%s: out of memory",
				   arg->name);
	if (err)
		return fault_request(rq, "%s: must be an even number of hex digits",
				     arg->name);
	return 0;
}

static int store(struct request *rq, const struct arg *arg, json_t *value,
		 void *to)
{
	if (!has_type(arg, value))
		return wrong_type(rq, arg);
	if (arg->parse)
		return arg->parse(rq, arg, value, to);
	switch (arg->type) {
	case ARG_TYPE_INT:
		*(long long *)to = json_integer_value(value);
		return 0;
	case ARG_TYPE_STR:
		*(const char **)to = json_string_value(value);
		return 0;
	case ARG_TYPE_BOOL:
		*(bool *)to = json_is_true(value);
		return 0;
	case ARG_TYPE_HEX:
		return store_hex(rq, arg, value, to);
	default:
		*(json_t **)to = value;
		return 0;
	}
}

int args_parse(struct request *rq, const struct arg *args, size_t n, void *to)
{
	json_t *value;
	size_t i;
	int err;

	for (i = 0; i < n; i++) {
		value = json_object_get(rq->args, args[i].name);
		if (value && !json_is_null(value)) {
			err = store(rq, &args[i], value,
				    (char *)to + args[i].offset);
			if (err)
				return err;
		} else if (args[i].required) {
			return fault_request(rq, "%s: missing", args[i].name);
		}
	}
	return 0;
}

void args_free(const struct arg *args, size_t n, void *to)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (args[i].type == ARG_TYPE_HEX)
			free(((struct bytes *)((char *)to +
					       args[i].offset))->data);
}
