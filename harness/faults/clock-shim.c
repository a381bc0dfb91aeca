// SPDX-License-Identifier: Apache-2.0
/*
 * LD_PRELOAD for the fault suite: the wall clock of a program called node
 * jumps by as many seconds as the file $CLOCK_JUMP_FILE says, as soon as it is
 * there. The monotonic clock goes on as it is. Other programs are left alone:
 * QEMU reads the clock so often that the file would slow it down.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

static long jump(void)
{
	const char *path = getenv("CLOCK_JUMP_FILE");
	long seconds = 0;
	FILE *file;

	if (!path || strcmp(program_invocation_short_name, "node"))
		return 0;
	file = fopen(path, "r");

	if (!file)
		return 0;
	if (fscanf(file, "%ld", &seconds) != 1)
		seconds = 0;
	fclose(file);
	return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	static int (*real)(clockid_t, struct timespec *);
	int err;

	if (!real)
		real = dlsym(RTLD_NEXT, "clock_gettime");
	err = real(clock, now);
	if (!err && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += jump();
	return err;
}

int gettimeofday(struct timeval *now, void *zone)
{
	struct timespec exact;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &exact))
		return -1;
	now->tv_sec = exact.tv_sec;
	now->tv_usec = exact.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *where)
{
	struct timespec exact;

	clock_gettime(CLOCK_REALTIME, &exact);
	if (where)
		*where = exact.tv_sec;
	return exact.tv_sec;
}
