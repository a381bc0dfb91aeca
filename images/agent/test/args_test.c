// SPDX-License-Identifier: GPL-2.0
/* Arguments of a request against a table, and the check of their names. */
#include <errno.h>
#include <string.h>
#include "core/dispatch.h"
#include "core/json.h"
#include "test/test.h"

static const char *const colours[] = { "red", "green", "blue", NULL };

struct sample {
	long long n;
	const char *text;
	bool flag;
	struct bytes hex;
	json_t *list;
	json_t *map;
	json_t *strings;
	int colour;
};

static const struct sample defaults = { .n = 7, .text = "none", .colour = -1 };

static const struct arg table[] = {
	ARG_INT(struct sample, n, 0, 5),
	ARG_STR(struct sample, text),
	ARG_BOOL(struct sample, flag),
	ARG_HEX(struct sample, hex),
	ARG_ARRAY(struct sample, list),
	ARG_OBJECT(struct sample, map),
	ARG_STRINGS(struct sample, strings),
	ARG_WORD(struct sample, colour, colours),
};

static const struct arg required_table[] = {
	ARG_INT(struct sample, n, -1, 5, REQUIRED),
};

/* Answers with what it got. */
static int op_sample(struct request *rq, const void *data)
{
	const struct sample *args = data;

	rq->answer = json_pack("{s:I,s:s,s:b,s:o,s:i}", "n", (json_int_t)args->n,
			       "text", args->text, "flag", args->flag, "hex",
			       args->hex.data ?
				       json_hex(args->hex.data, args->hex.len) :
				       json_null(),
			       "colour", args->colour);
	return 0;
}

static const struct op sample = {
	.name = "sample", .run = op_sample, .defaults = &defaults,
	OP_ARGS(table, struct sample),
};

static const struct op required = {
	.name = "required", .run = op_sample, .defaults = &defaults,
	.takes_caps = true, OP_ARGS(required_table, struct sample),
};

static void expect(const struct op *op, const char *request,
		   const char *message)
{
	struct request rq = { .args = json_loads(request, 0, NULL) };
	int err = op_call(&rq, op);

	CHECK(err == -EINVAL);
	EQUAL(rq.fault.kind ? rq.fault.kind : "none", "request");
	EQUAL(rq.fault.message, message);
	json_decref(rq.answer);
	json_decref(rq.args);
}

static void answer(const struct op *op, const char *request,
		   const char *expected)
{
	struct request rq = { .args = json_loads(request, 0, NULL) };

	CHECK(op_call(&rq, op) == 0);
	EQUAL(rq.fault.message, "");
	JSON_EQUAL(rq.answer, expected);
	json_decref(rq.args);
}

static void defaults_remain(void)
{
	const char *expected = "{\"n\":7,\"text\":\"none\",\"flag\":false,"
			       "\"hex\":null,\"colour\":-1}";

	answer(&sample, "{\"id\":1,\"op\":\"sample\",\"bg\":false}", expected);
	answer(&sample, "{\"n\":null,\"text\":null,\"hex\":null}", expected);
}

static void values_are_stored(void)
{
	answer(&sample, "{\"n\":5,\"text\":\"a\",\"flag\":true,"
	       "\"hex\":\"00fF\",\"colour\":\"blue\",\"list\":[],\"map\":{},"
	       "\"strings\":[\"x\"]}",
	       "{\"n\":5,\"text\":\"a\",\"flag\":true,\"hex\":\"00ff\","
	       "\"colour\":2}");
	answer(&sample, "{\"n\":0}", "{\"n\":0,\"text\":\"none\","
	       "\"flag\":false,\"hex\":null,\"colour\":-1}");
}

static void integers(void)
{
	const char *message = "n: must be an integer from 0 to 5";

	expect(&sample, "{\"n\":6}", message);
	expect(&sample, "{\"n\":-1}", message);
	expect(&sample, "{\"n\":\"1\"}", message);
	expect(&sample, "{\"n\":1.0}", message);
	expect(&sample, "{\"n\":true}", message);
}

static void wrong_types(void)
{
	expect(&sample, "{\"text\":1}", "text: must be a string");
	expect(&sample, "{\"flag\":1}", "flag: must be true or false");
	expect(&sample, "{\"hex\":1}", "hex: must be a string of hex digits");
	expect(&sample, "{\"hex\":\"123\"}",
	       "hex: must be an even number of hex digits");
	expect(&sample, "{\"hex\":\"1g\"}",
	       "hex: must be an even number of hex digits");
	expect(&sample, "{\"list\":{}}", "list: must be a list");
	expect(&sample, "{\"map\":[]}", "map: must be an object");
	expect(&sample, "{\"strings\":[1]}",
	       "strings: must be a list of strings");
	expect(&sample, "{\"colour\":\"pink\"}",
	       "colour: must be 'red', 'green' or 'blue'");
}

static void names(void)
{
	expect(&required, "{}", "n: missing");
	expect(&required, "{\"n\":null}", "n: missing");
	expect(&required, "{\"n\":1,\"x\":1}",
	       "required has no argument 'x'; it takes: n caps");
	expect(&sample, "{\"caps\":[]}",
	       "sample has no argument 'caps'; it takes: n text flag hex list map strings colour");
	expect(&required, "{\"n\":1,\"caps\":[\"root\"]}",
	       "caps: must be a list of net_admin, sys_admin, perfmon and bpf");
}

static void run_expect(const char *request, const char *message)
{
	struct request rq = { .args = json_loads(request, 0, NULL) };

	CHECK(op_run(&rq) == -EINVAL);
	EQUAL(rq.fault.message, message);
	json_decref(rq.args);
}

static void ops(void)
{
	run_expect("{}", "op: missing");
	run_expect("{\"op\":1}", "op: must be a string");
	run_expect("{\"op\":\"fly\"}", "op: there is no op 'fly'");
	run_expect("{\"op\":\"close\",\"map\":\"m\"}",
		   "map: there is no map 'm'");
	run_expect("{\"op\":\"map_create\",\"name\":\"\"}",
		   "name: must be 1 to 255 bytes long");
	run_expect("{\"op\":\"map_create\",\"name\":\"m\",\"type\":\"bag\"}",
		   "type: 'bag' is unknown; use its number");
	run_expect("{\"op\":\"sched\",\"pid\":1,\"cpus\":[8192]}",
		   "cpus: must be a list of CPU numbers from 0 to 8191");
	run_expect("{\"op\":\"send\",\"dev\":\"lo\",\"count\":1,"
		   "\"src_ip\":\"1.2.3.x\"}",
		   "src_ip: must be an IPv4 address, not '1.2.3.x'");
	run_expect("{\"op\":\"send\",\"dev\":\"lo\",\"count\":1,"
		   "\"dst_mac\":\"00:11\"}",
		   "dst_mac: must be an Ethernet address, not '00:11'");
}

static void batches(void)
{
	struct request rq = {
		.args = json_loads("{\"op\":\"batch\",\"requests\":["
				   "{\"op\":\"batch\",\"requests\":[]}, 1,"
				   "{\"op\":\"keep\",\"bg\":true},"
				   "{\"op\":\"fly\"}]}", 0, NULL),
	};
	static const char *const messages[] = {
		"requests[0]: a batch cannot be in a batch",
		"requests[1]: must be an object",
		"requests[2]: bg cannot be in a batch",
		"op: there is no op 'fly'",
	};
	json_t *answers;
	const char *text;
	size_t i;

	CHECK(op_run(&rq) == 0);
	answers = json_object_get(rq.answer, "answers");
	CHECK(json_array_size(answers) == 4);
	for (i = 0; i < 4; i++) {
		CHECK(!json_unpack(json_array_get(answers, i), "{s:{s:s}}",
				   "error", "message", &text));
		EQUAL(text, messages[i]);
	}
	json_decref(rq.answer);
	json_decref(rq.args);
}

static const struct test tests[] = {
	{ "absent and null leave the default", defaults_remain },
	{ "values are stored where the table says", values_are_stored },
	{ "integers outside of the range are refused", integers },
	{ "wrong types are refused", wrong_types },
	{ "missing and unknown arguments are refused", names },
	{ "ops of the agent check theirs", ops },
	{ "a batch answers each of its requests", batches },
};

TEST_GROUP(args);
