/* SPDX-License-Identifier: GPL-2.0 */
/* Lists of strings as execve(2) takes them. */
#ifndef CORE_ENVIRONMENT_H
#define CORE_ENVIRONMENT_H

#include <jansson.h>

/*
 * A malloc'd vector that ends with NULL. The strings are borrowed from the
 * list, and from the agent's own environment. NULL without memory.
 */
char **string_vector(json_t *list);
/* The agent's environment with "NAME=value" of a list, which may be NULL. */
char **environment_with(json_t *list);

#endif /* CORE_ENVIRONMENT_H */
