// SPDX-License-Identifier: GPL-2.0
/* describe: every op is there once, with its arguments. */
#include <string.h>
#include "core/describe.h"
#include "test/test.h"

static json_t *op_named(json_t *ops, const char *name, size_t *n)
{
	json_t *one, *found = NULL;
	size_t i;

	*n = 0;
	json_array_foreach(ops, i, one) {
		const char *op = json_string_value(json_object_get(one, "op"));

		if (op && !strcmp(op, name)) {
			found = one;
			(*n)++;
		}
	}
	return found;
}

static void arguments(void)
{
	json_t *json = description(), *op;
	size_t n;

	op = op_named(json_object_get(json, "ops"), "hog", &n);
	CHECK(n == 1);
	JSON_EQUAL(json_incref(op),
		   "{\"op\":\"hog\",\"args\":["
		   "{\"name\":\"cpu\",\"type\":\"int\",\"required\":true,"
		   "\"min\":0,\"max\":8191},"
		   "{\"name\":\"on\",\"type\":\"bool\",\"required\":true}]}");
	op = op_named(json_object_get(json, "ops"), "map_delete", &n);
	JSON_EQUAL(json_incref(op),
		   "{\"op\":\"map_delete\",\"args\":["
		   "{\"name\":\"map\",\"type\":\"string\",\"required\":true},"
		   "{\"name\":\"key\",\"type\":\"hex\",\"required\":true}]}");
	json_decref(json);
}

static void unique(void)
{
	json_t *json = description(), *ops = json_object_get(json, "ops"), *one;
	size_t i, n;

	CHECK(json_array_size(ops) > 40);
	json_array_foreach(ops, i, one) {
		op_named(ops, json_string_value(json_object_get(one, "op")),
			 &n);
		CHECK(n == 1);
	}
	CHECK(json_array_size(json_object_get(json, "probes")) >= 8);
	json_decref(json);
}

static const struct test tests[] = {
	{ "an op has its arguments, types and ranges", arguments },
	{ "no op is there twice, and probes are named", unique },
};

TEST_GROUP(describe);
