/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PKTGEN_H
#define PKTGEN_H

#include <stddef.h>
#include "request.h"

#define PKTGEN_PROC "/proc/net/pktgen/"

/*
 * One command for a file of pktgen's. A flag that pktgen does not know is no
 * error of the write: only the result that the file then shows tells, and
 * makes it -EINVAL here. What the file shows goes into said, if not NULL.
 */
int pktgen_command(const char *file, const char *command, char *said,
		   size_t size);

/* What a file shows of the last command or run, without "Result: ". */
void pktgen_result(const char *file, char *said, size_t size);

/* pktgen_command() with a fault that names the command. */
int pktgen_tell(struct request *rq, const char *file, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Takes what an earlier run left off all threads. Only off those that have
 * something: the kernel sleeps for an eighth of a second on each.
 */
int pktgen_clear(struct request *rq);

/* The figures of a run, over all of its devices. */
struct pktgen_sum {
	long long sent;
	long long errors;
	long long pps;
	long long usec;
	char text[256];		/* the last device's result */
};

/* Adds one device's figures; its result must be OK. */
int pktgen_collect(struct request *rq, const char *dev,
		   struct pktgen_sum *sum);

#endif /* PKTGEN_H */
