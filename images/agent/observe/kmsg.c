// SPDX-License-Identifier: GPL-2.0
/*
 * kmsg: the kernel log, from /dev/kmsg: each read(2) is one record. The file
 * stays open at its position, because it can only be read from the beginning
 * or onwards, and a log has a thousand records.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/json.h"
#include "core/op.h"

/* A record is "level,seq,usec,flags;text\n KEY=value\n..": text as in dmesg. */
static json_t *record_line(char *record, long long *seq)
{
	unsigned long long usec;
	char line[8192], *text;
	int level, n;

	text = strchr(record, ';');
	if (!text ||
	    sscanf(record, "%d,%lld,%llu", &level, seq, &usec) != 3)
		return NULL;
	text++;
	text[strcspn(text, "\n")] = 0;
	n = snprintf(line, sizeof(line), "[%5llu.%06llu] %s", usec / 1000000,
		     usec % 1000000, text);
	return json_text(line, (size_t)n < sizeof(line) ? (size_t)n :
							   sizeof(line) - 1);
}

struct kmsg {
	long long since;	/* the last record that is known; -1: none */
};

static const struct kmsg defaults = { .since = -1 };

static const struct arg kmsg_args[] = {
	ARG_INT(struct kmsg, since, -1, INT64_MAX),
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int fd = -1;
static long long last;	/* the last record that was read from fd */

/* Makes sure that fd is not beyond the record after since. */
static int reposition(long long since)
{
	if (fd >= 0 && since >= last)
		return 0;
	if (fd >= 0)
		close(fd);
	last = -1;
	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : 0;
}

static json_t *read_lines(long long since)
{
	json_t *lines = json_array(), *line;
	char record[8192];
	long long seq;
	ssize_t n;

	for (;;) {
		n = read(fd, record, sizeof(record) - 1);
		/* EPIPE: records were overwritten; the next read goes on. */
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0)
			return lines;
		record[n] = 0;
		line = record_line(record, &seq);
		if (!line)
			continue;
		last = seq;
		if (seq > since)
			json_array_append_new(lines, line);
		else
			json_decref(line);
	}
}

static int op_kmsg(struct request *rq, const void *data)
{
	const struct kmsg *args = data;
	int err;

	pthread_mutex_lock(&lock);
	err = reposition(args->since);
	if (err) {
		fault_kernel(rq, err, "open", "opening /dev/kmsg");
	} else {
		json_t *lines = read_lines(args->since);

		rq->answer = json_pack("{s:I,s:o}", "seq", (json_int_t)last,
				       "lines", lines);
	}
	pthread_mutex_unlock(&lock);
	return err;
}

static const struct op ops[] = {
	{ .name = "kmsg", .run = op_kmsg, .defaults = &defaults,
	  OP_ARGS(kmsg_args, struct kmsg) },
};

const struct module kmsg_module = { .name = "kmsg", MODULE_OPS(ops) };
