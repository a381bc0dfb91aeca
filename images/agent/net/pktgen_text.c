// SPDX-License-Identifier: GPL-2.0
/* What pktgen's files show, parsed. Source: net/core/pktgen.c, *_show(). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net/pktgen.h"

void pktgen_result_line(const char *text, char *line, size_t size)
{
	const char *result = strstr(text, "Result: ");

	*line = 0;
	if (result)
		snprintf(line, size, "%s", result + strlen("Result: "));
	line[strcspn(line, "\n")] = 0;
}

bool pktgen_has_ended(const char *line)
{
	long long usec;
	char c = 0;

	return sscanf(line, "OK: %lld(%c", &usec, &c) == 2 && c == 'c';
}

bool pktgen_has_devices(const char *text)
{
	/* Devices are listed as name@thread or name, after a space. */
	return !strstr(text, "Running: \n") || !strstr(text, "Stopped: \n");
}

/* The number after a label, or 0. */
static long long number_after(const char *text, const char *label)
{
	const char *at = strstr(text, label);

	return at ? strtoll(at + strlen(label), NULL, 10) : 0;
}

bool pktgen_add_result(const char *text, struct pktgen_sum *sum)
{
	const char *result, *pps;
	long long usec;
	char *c;

	sum->sent += number_after(text, "pkts-sofar: ");
	sum->errors += number_after(text, "errors: ");
	result = strstr(text, "Result: ");
	result = result ? result + strlen("Result: ") : "";
	usec = number_after(result, "OK: ");
	if (usec > sum->usec)
		sum->usec = usec;
	pps = strstr(result, "pps");
	while (pps && pps > result && pps[-1] >= '0' && pps[-1] <= '9')
		pps--;
	sum->pps += pps ? strtoll(pps, NULL, 10) : 0;
	snprintf(sum->text, sizeof(sum->text), "%s", result);
	for (c = sum->text; *c; c++)
		if (*c == '\n')
			*c = ' ';
	return !strncmp(result, "OK: ", 4);
}
