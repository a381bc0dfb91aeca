// SPDX-License-Identifier: GPL-2.0
/* pktgen's files: commands are written, figures are read. */
#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
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

/*
 * Removes the devices of one thread, which does it itself: "rem_device_all"
 * tells it to, and returns after an eighth of a second, whether it is done or
 * not. Where the thread did not run meanwhile, as on a busy host, its devices
 * are still there, and adding one of them again is refused (EBUSY).
 */
static int clear_thread(struct request *rq, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	bool told = false, any;
	long waited_us;
	size_t len;
	char *text;
	int err;

	for (waited_us = 0; waited_us < PKTGEN_LATE_US; waited_us += PKTGEN_POLL_US) {
		err = file_read(rq, path, &text, &len);
		if (err)
			return err;
		any = pktgen_has_devices(text);
		free(text);
		if (!any)
			return 0;
		if (told) {
			usleep(PKTGEN_POLL_US);
			continue;
		}
		err = pktgen_set(rq, name, "rem_device_all");
		if (err)
			return err;
		told = true;
	}
	return fault_agent(rq, "pktgen", "%s has not removed its devices after %d s",
			   name, PKTGEN_LATE_US / 1000000);
}

int pktgen_clear(struct request *rq)
{
	glob_t threads;
	size_t i;
	int err = 0;

	if (glob(PKTGEN_PROC "kpktgend_*", 0, NULL, &threads))
		return fault_kernel(rq, -ENOENT, "pktgen",
				    "no " PKTGEN_PROC "kpktgend_*: is the module loaded?");
	for (i = 0; i < threads.gl_pathc && !err; i++)
		err = clear_thread(rq, threads.gl_pathv[i]);
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
