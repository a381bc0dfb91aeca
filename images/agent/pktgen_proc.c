// SPDX-License-Identifier: GPL-2.0
/* pktgen's files: commands in, figures out. */
#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "file.h"
#include "pktgen.h"

void pktgen_result(const char *file, char *said, size_t size)
{
	char path[128], *text, *result;
	size_t len;

	*said = 0;
	snprintf(path, sizeof(path), PKTGEN_PROC "%s", file);
	if (file_slurp(path, &text, &len))
		return;
	result = strstr(text, "Result: ");
	if (result)
		snprintf(said, size, "%s", result + strlen("Result: "));
	said[strcspn(said, "\n")] = 0;
	free(text);
}

int pktgen_command(const char *file, const char *command, char *said,
		   size_t size)
{
	char path[128], text[256], result[256];
	int err;

	snprintf(path, sizeof(path), PKTGEN_PROC "%s", file);
	/* One write, with the newline that older kernels want. */
	snprintf(text, sizeof(text), "%s\n", command);
	err = file_put(path, text);
	if (!said) {
		said = result;
		size = sizeof(result);
	}
	*said = 0;
	if (err || !strncmp(command, "flag ", 5))
		pktgen_result(file, said, size);
	if (!err && *said && strncmp(said, "OK", 2))
		err = -EINVAL;
	return err;
}

int pktgen_tell(struct request *rq, const char *file, const char *fmt, ...)
{
	char text[224], said[128];
	va_list args;
	bool says;
	int err;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	err = pktgen_command(file, text, said, sizeof(said));
	says = *said && strncmp(said, "OK", 2);
	if (err)
		return fault_kernel(rq, err, "pktgen",
				    "pktgen refused '%s' for %s%s%s", text,
				    file, says ? ": " : "", says ? said : "");
	return 0;
}

int pktgen_clear(struct request *rq)
{
	glob_t threads;
	size_t i, len;
	char *text;
	int err = 0;

	if (glob(PKTGEN_PROC "kpktgend_*", 0, NULL, &threads))
		return fault_kernel(rq, -ENOENT, "pktgen",
				    "no " PKTGEN_PROC "kpktgend_*: is the module there?");
	for (i = 0; i < threads.gl_pathc && !err; i++) {
		err = file_read(rq, threads.gl_pathv[i], &text, &len);
		if (err)
			break;
		/* Devices are listed as name@thread or name, after a blank. */
		if (!strstr(text, "Running: \n") || !strstr(text, "Stopped: \n"))
			err = pktgen_tell(rq,
					  strrchr(threads.gl_pathv[i], '/') + 1,
					  "rem_device_all");
		free(text);
	}
	globfree(&threads);
	return err;
}

/* The number behind a label, or 0. */
static long long number_after(const char *text, const char *label)
{
	const char *at = strstr(text, label);

	return at ? strtoll(at + strlen(label), NULL, 10) : 0;
}

int pktgen_collect(struct request *rq, const char *dev,
		   struct pktgen_sum *sum)
{
	char path[128], *text, *result, *pps, *c;
	long long usec;
	size_t len;
	int err;

	snprintf(path, sizeof(path), PKTGEN_PROC "%s", dev);
	err = file_read(rq, path, &text, &len);
	if (err)
		return err;
	sum->sent += number_after(text, "pkts-sofar: ");
	sum->errors += number_after(text, "errors: ");
	result = strstr(text, "Result: ");
	result = result ? result + strlen("Result: ") : text + len;
	usec = number_after(result, "OK: ");
	if (usec > sum->usec)
		sum->usec = usec;
	pps = strstr(result, "pps");
	while (pps && pps > result && pps[-1] >= '0' && pps[-1] <= '9')
		pps--;
	sum->pps += pps ? strtoll(pps, NULL, 10) : 0;
	for (c = result; *c; c++)
		if (*c == '\n')
			*c = ' ';
	snprintf(sum->text, sizeof(sum->text), "%s", result);
	if (strncmp(result, "OK: ", 4))
		err = fault_agent(rq, "pktgen", "%s did not end well: %s", dev,
				  sum->text);
	free(text);
	return err;
}
