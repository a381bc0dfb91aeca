// SPDX-License-Identifier: GPL-2.0
/* Runs the host tests of the agent: TAP, then "N passed, N failed". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "test/test.h"

#define GROUPS(X)	\
	X(action_exits)	\
	X(args)		\
	X(child)	\
	X(describe)	\
	X(event_types)	\
	X(json)		\
	X(kernel_btf)	\
	X(line)		\
	X(load_failure)	\
	X(number)	\
	X(observers)	\
	X(pktgen)	\
	X(row_layout)	\
	X(session)	\
	X(trace)	\
	X(witness)	\
	X(xsk)

#define DECLARE(name) extern const struct test_group name##_tests;
#define ENTRY(name) &name##_tests,

GROUPS(DECLARE)

static const struct test_group *const groups[] = { GROUPS(ENTRY) };

static int failures;	/* of the running test */

void test_check(bool right, const char *file, int line, const char *what)
{
	if (right)
		return;
	failures++;
	printf("# %s:%d: not true: %s\n", file, line, what);
}

void test_equal(const char *got, const char *expected, const char *file,
		int line)
{
	if (got && !strcmp(got, expected))
		return;
	failures++;
	printf("# %s:%d: got      %s\n# %s:%d: expected %s\n", file, line,
	       got ? got : "NULL", file, line, expected);
}

void test_json(json_t *got, const char *expected, const char *file, int line)
{
	json_t *json = json_loads(expected, JSON_DECODE_ANY, NULL);
	char *text;

	if (!json || !json_equal(got, json)) {
		text = json_dumps(got, JSON_COMPACT | JSON_ENCODE_ANY);
		failures++;
		printf("# %s:%d: got      %s\n# %s:%d: expected %s\n", file,
		       line, text ? text : "NULL", file, line, expected);
		free(text);
	}
	json_decref(json);
	json_decref(got);
}

int main(void)
{
	int passed = 0, failed = 0;
	size_t g, i;

	for (g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
		for (i = 0; i < groups[g]->n; i++) {
			failures = 0;
			groups[g]->tests[i].run();
			if (failures)
				failed++;
			else
				passed++;
			printf("%sok %d - %s: %s\n", failures ? "not " : "",
			       passed + failed, groups[g]->name,
			       groups[g]->tests[i].name);
		}
	printf("1..%d\n%d passed, %d failed\n", passed + failed, passed,
	       failed);
	return failed ? 1 : 0;
}
