/* SPDX-License-Identifier: GPL-2.0 */
/* pktgen's files: commands, results, figures. */
#ifndef NET_PKTGEN_H
#define NET_PKTGEN_H

#include <stddef.h>
#include "core/request.h"

#define PKTGEN_PROC "/proc/net/pktgen/"

/* Between two looks at what pktgen's threads do, and how long it may take. */
#define PKTGEN_POLL_US	4000
#define PKTGEN_LATE_US	30000000

/*
 * Writes one command into a file of pktgen. The write of an unknown flag
 * succeeds: only the result that the file then shows reports it, and it
 * becomes -EINVAL here. What the file shows is stored in said, if not NULL.
 */
int pktgen_command(const char *file, const char *command, char *said,
		   size_t size);

/* What a file shows of the last command or run, without "Result: ". */
void pktgen_result(const char *file, char *said, size_t size);

/* pktgen_command() with a fault that names the command. */
int pktgen_set(struct request *rq, const char *file, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Removes the devices of an earlier run from all threads. Only from those that
 * have some: the kernel sleeps for an eighth of a second for each.
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

/* pktgen_text.c: the "Result: " line of a file, without that label. */
void pktgen_result_line(const char *text, char *line, size_t size);
/* Is a result that of a run that has ended: "OK: usec(c..+d..) usec, .."? */
bool pktgen_has_ended(const char *line);
/* Does the file of a thread list a device? */
bool pktgen_has_devices(const char *text);
/* Adds the figures of a device's file; returns false without an OK result. */
bool pktgen_add_result(const char *text, struct pktgen_sum *sum);

/* Reads one device's file and adds its figures; its result must be OK. */
int pktgen_collect(struct request *rq, const char *dev,
		   struct pktgen_sum *sum);

#endif /* NET_PKTGEN_H */
