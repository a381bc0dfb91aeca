// SPDX-License-Identifier: GPL-2.0
/* Texts and bytes as JSON, base64, errno names, faults, CPU lists. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/cpu_list.h"
#include "core/json.h"
#include "core/request.h"
#include "test/test.h"

static void hex(void)
{
	static const char *const wrong[] = { "0", "0g", "g0", " 0", "00 0", };
	uint8_t *bytes;
	size_t len, i;

	CHECK(hex_decode("00fFa5", &bytes, &len) == 0);
	CHECK(len == 3 && !memcmp(bytes, "\x00\xff\xa5", 3));
	JSON_EQUAL(json_hex(bytes, len), "\"00ffa5\"");
	free(bytes);
	CHECK(hex_decode("", &bytes, &len) == 0 && len == 0 && bytes);
	free(bytes);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(hex_decode(wrong[i], &bytes, &len) == -EINVAL && !bytes);
}

static void base64_is(const char *text, const char *expected, size_t size)
{
	size_t len = 0;
	char *bytes = base64_decode(text, &len);

	CHECK(bytes && len == size && !memcmp(bytes, expected, size));
	free(bytes);
}

static void base64(void)
{
	size_t len;

	base64_is("", "", 0);
	base64_is("TQ==", "M", 1);
	base64_is("TWE=", "Ma", 2);
	base64_is("TWFu", "Man", 3);
	base64_is("AP+/+g==", "\x00\xff\xbf\xfa", 4);
	CHECK(!base64_decode("TWF", &len));
	CHECK(!base64_decode("TW-u", &len));
}

static void text(void)
{
	JSON_EQUAL(json_text("a\xc3\xa4", 3), "\"a\xc3\xa4\"");
	JSON_EQUAL(json_text("a\xff" "b", 3), "\"a?b\"");
	JSON_EQUAL(json_text("", 0), "\"\"");
}

static void errno_names(void)
{
	EQUAL(errno_name(EINVAL), "EINVAL");
	EQUAL(errno_name(524), "ENOTSUPP");
	EQUAL(errno_name(EOPNOTSUPP), "EOPNOTSUPP");
	EQUAL(errno_name(9999), "EUNKNOWN");
}

static void faults(void)
{
	struct request rq = {};

	CHECK(fault_kernel(&rq, -EBUSY, "bpf(X)", "at %d", 5) == -EBUSY);
	rq.fault.log = "l";
	JSON_EQUAL(fault_json(&rq.fault),
		   "{\"kind\":\"kernel\",\"errno\":\"EBUSY\",\"code\":16,"
		   "\"where\":\"bpf(X)\",\"message\":\"at 5\",\"log\":\"l\"}");
	rq.fault.log = NULL;
	CHECK(fault_request(&rq, "bad") == -EINVAL);
	JSON_EQUAL(fault_json(&rq.fault),
		   "{\"kind\":\"request\",\"errno\":null,\"code\":0,"
		   "\"where\":\"request\",\"message\":\"bad\",\"log\":null}");
	CHECK(fault_agent(&rq, "f", "bad") == -EIO);
	EQUAL(rq.fault.kind, "agent");
}

static void cpu_lists(void)
{
	JSON_EQUAL(cpu_list("0-3,5\n"), "[0,1,2,3,5]");
	JSON_EQUAL(cpu_list("7\n"), "[7]");
	JSON_EQUAL(cpu_list("0,2-2,9-10"), "[0,2,9,10]");
	JSON_EQUAL(cpu_list("\n"), "[]");
	JSON_EQUAL(cpu_list(""), "[]");
}

static const struct test tests[] = {
	{ "hex, there and back", hex },
	{ "base64 of every length", base64 },
	{ "text that is not UTF-8", text },
	{ "errno names, the kernel's own too", errno_names },
	{ "faults as JSON", faults },
	{ "CPU lists", cpu_lists },
};

TEST_GROUP(json);
