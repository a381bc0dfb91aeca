/* SPDX-License-Identifier: GPL-2.0 */
/* A small runner of host tests that prints TAP. */
#ifndef TEST_TEST_H
#define TEST_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

struct test {
	const char *name;
	void (*run)(void);
};

/* The tests of one file. */
struct test_group {
	const char *name;
	const struct test *tests;
	size_t n;
};

#define TEST_GROUP(group)						\
	const struct test_group group##_tests = {			\
		#group, tests, sizeof(tests) / sizeof(tests[0])		\
	}

/* Records a failure of the running test, which goes on. */
void test_check(bool right, const char *file, int line, const char *what);
/* Both as text: the failure prints them. */
void test_equal(const char *got, const char *expected, const char *file,
		int line);
/* Compares JSON, given as text; takes the reference of got. */
void test_json(json_t *got, const char *expected, const char *file, int line);

#define CHECK(what) test_check(what, __FILE__, __LINE__, #what)
#define EQUAL(got, expected) test_equal(got, expected, __FILE__, __LINE__)
#define JSON_EQUAL(got, expected) test_json(got, expected, __FILE__, __LINE__)

#endif /* TEST_TEST_H */
