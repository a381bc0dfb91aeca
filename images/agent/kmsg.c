// SPDX-License-Identifier: GPL-2.0
/* The kernel log, from /dev/kmsg: each read(2) is one record. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ops.h"

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

int op_kmsg(struct request *rq)
{
	long long since = -1, last = -1, seq;
	json_t *lines, *line;
	char record[8192];
	ssize_t n;
	int fd;

	if (arg_opt_int(rq, "since", -1, INT64_MAX, &since))
		return -EINVAL;
	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fault_kernel(rq, -errno, "open(/dev/kmsg)",
				    "reading the kernel log");
	lines = json_array();
	for (;;) {
		n = read(fd, record, sizeof(record) - 1);
		/* EPIPE: records were overwritten; the next read goes on. */
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0)
			break;
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
	close(fd);
	rq->answer = json_pack("{s:I,s:o}", "seq", (json_int_t)last, "lines",
			       lines);
	return 0;
}
