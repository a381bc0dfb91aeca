// SPDX-License-Identifier: GPL-2.0
/* pktgen's files: commands are written, figures are read. */
#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "net/pktgen.h"

void pktgen_result(const char *file, char *said, size_t size)
{
	char path[128], *text;
	size_t len;

	*said = 0;
	snprintf(path, sizeof(path), PKTGEN_PROC "%s", file);
	if (file_slurp(path, &text, &len))
		return;
	pktgen_result_line(text, said, size);
	free(text);
}

int pktgen_command(const char *file, const char *command, char *said,
		   size_t size)
{
	char path[128], text[256], result[256];
	int err;

	snprintf(path, sizeof(path), PKTGEN_PROC "%s", file);
	/* One write, with the newline that older kernels require. */
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

int pktgen_set(struct request *rq, const char *file, const char *fmt, ...)
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
				    "no " PKTGEN_PROC "kpktgend_*: is the module loaded?");
	for (i = 0; i < threads.gl_pathc && !err; i++) {
		err = file_read(rq, threads.gl_pathv[i], &text, &len);
		if (err)
			break;
		if (pktgen_has_devices(text))
			err = pktgen_set(rq,
					  strrchr(threads.gl_pathv[i], '/') + 1,
					  "rem_device_all");
		free(text);
	}
	globfree(&threads);
	return err;
}

int pktgen_collect(struct request *rq, const char *dev,
		   struct pktgen_sum *sum)
{
	char path[128], *text;
	size_t len;
	int err;

	snprintf(path, sizeof(path), PKTGEN_PROC "%s", dev);
	err = file_read(rq, path, &text, &len);
	if (err)
		return err;
	if (!pktgen_add_result(text, sum))
		err = fault_agent(rq, "pktgen", "%s did not end well: %s", dev,
				  sum->text);
	free(text);
	return err;
}
