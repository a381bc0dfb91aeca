// SPDX-License-Identifier: GPL-2.0
/* The kernel's way to write a set of CPUs: "0-3,5". */
#include <stdlib.h>
#include "core/cpu_list.h"

json_t *cpu_list(const char *text)
{
	json_t *list = json_array();
	long from, to;
	char *end;

	while (*text) {
		from = strtol(text, &end, 10);
		if (end == text)
			break;
		to = from;
		if (*end == '-')
			to = strtol(end + 1, &end, 10);
		for (; from <= to; from++)
			json_array_append_new(list, json_integer(from));
		text = *end == ',' ? end + 1 : end;
	}
	return list;
}
