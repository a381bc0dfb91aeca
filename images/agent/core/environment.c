// SPDX-License-Identifier: GPL-2.0
/* Arguments and environment of a program that is to be started. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "core/environment.h"

extern char **environ;

static char **vector(json_t *list, size_t more)
{
	char **strings = calloc(json_array_size(list) + more + 1,
				sizeof(*strings));
	json_t *one;
	size_t i;

	if (!strings)
		return NULL;
	json_array_foreach(list, i, one)
		strings[i] = (char *)json_string_value(one);
	return strings;
}

char **string_vector(json_t *list)
{
	return vector(list, 0);
}

/* Whether one of the first n strings sets the same variable. */
static bool sets_same(char *const *strings, size_t n, const char *other)
{
	size_t len = strcspn(other, "=") + 1, i;

	for (i = 0; i < n; i++)
		if (!strncmp(strings[i], other, len))
			return true;
	return false;
}

char **environment_with(json_t *list)
{
	size_t n = json_array_size(list), count = 0, i;
	char **env;

	while (environ[count])
		count++;
	env = vector(list, count);
	if (!env)
		return NULL;
	for (i = 0; i < count; i++)
		if (!sets_same(env, json_array_size(list), environ[i]))
			env[n++] = environ[i];
	return env;
}
