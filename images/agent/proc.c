// SPDX-License-Identifier: GPL-2.0
/* Network counters of procfs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "file.h"
#include "ops.h"

/*
 * One line a CPU, in hex: processed, dropped, time_squeeze, .. and in column
 * 12 the CPU's number. 5.10 has no column 12, and no holes between CPUs.
 */
int op_softnet(struct request *rq)
{
	json_t *rows = json_array();
	char *text, *line, *rest;
	long long row = 0;
	size_t len;
	int err;

	err = file_read(rq, "/proc/net/softnet_stat", &text, &len);
	if (err)
		return err;
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest), row++) {
		unsigned long long column[13] = {}, cpu;
		char *at = line, *end;
		int n = 0;

		while (n < 13) {
			column[n] = strtoull(at, &end, 16);
			if (end == at)
				break;
			at = end;
			n++;
		}
		cpu = n == 13 ? column[12] : (unsigned long long)row;
		json_array_append_new(rows, json_pack(
			"{s:I,s:I,s:I,s:I}", "cpu", (json_int_t)cpu,
			"processed", (json_int_t)column[0],
			"dropped", (json_int_t)column[1],
			"time_squeeze", (json_int_t)column[2]));
	}
	free(text);
	rq->answer = json_pack("{s:o}", "rows", rows);
	return 0;
}

/* "Udp: NoPorts .." and "Udp: 12 ..": a line of names, a line of numbers. */
static void snmp_pair(json_t *counts, char *names, char *numbers)
{
	char *name, *number, *rest_names, *rest_numbers, key[64];
	const char *group;

	group = strtok_r(names, ": ", &rest_names);
	number = strtok_r(numbers, ": ", &rest_numbers);
	while (group && number) {
		name = strtok_r(NULL, " ", &rest_names);
		number = strtok_r(NULL, " ", &rest_numbers);
		if (!name || !number)
			break;
		snprintf(key, sizeof(key), "%s%s", group, name);
		json_object_set_new(counts, key,
				    json_integer(strtoll(number, NULL, 10)));
	}
}

int op_snmp(struct request *rq)
{
	char *text, *names, *numbers, *rest;
	size_t len;
	int err;

	err = file_read(rq, "/proc/net/snmp", &text, &len);
	if (err)
		return err;
	rq->answer = json_object();
	names = strtok_r(text, "\n", &rest);
	while (names && (numbers = strtok_r(NULL, "\n", &rest))) {
		snmp_pair(rq->answer, names, numbers);
		names = strtok_r(NULL, "\n", &rest);
	}
	free(text);
	return 0;
}
