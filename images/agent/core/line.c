// SPDX-License-Identifier: GPL-2.0
/* Lines of a bounded length from a file descriptor. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/line.h"
#include "core/port.h"

#define LINE_MAX	((size_t)LINE_MAX_MIB << 20)
#define FIRST_SIZE	65536

/* Makes room and reads once: 1, 0 at the end, or a negative errno. */
static int fill(struct line_reader *reader)
{
	ssize_t n;

	if (reader->start) {
		memmove(reader->buf, reader->buf + reader->start,
			reader->end - reader->start);
		reader->end -= reader->start;
		reader->scanned -= reader->start;
		reader->start = 0;
	}
	if (reader->end == reader->size) {
		size_t size = reader->size ? 2 * reader->size : FIRST_SIZE;
		char *buf = realloc(reader->buf, size);

		if (!buf)
			return -ENOMEM;
		reader->buf = buf;
		reader->size = size;
	}
	n = port_read(reader->fd, reader->buf + reader->end,
		      reader->size - reader->end);
	if (n <= 0)
		return n;
	reader->end += n;
	return 1;
}

ssize_t line_read(struct line_reader *reader, char **line)
{
	for (;;) {
		char *from = reader->buf + reader->scanned;
		char *newline = NULL;
		int err;

		if (reader->end > reader->scanned)
			newline = memchr(from, '\n',
					 reader->end - reader->scanned);
		if (newline) {
			size_t len;

			*line = reader->buf + reader->start;
			len = newline - *line;
			reader->start += len + 1;
			reader->scanned = reader->start;
			if (reader->skipping)
				reader->skipping = false;
			else if (len > LINE_MAX)
				return -EMSGSIZE;
			else if (len)
				return len;
			continue;
		}
		reader->scanned = reader->end;
		if (reader->end - reader->start > LINE_MAX) {
			bool first = !reader->skipping;

			reader->start = reader->end;
			reader->skipping = true;
			if (first)
				return -EMSGSIZE;
		}
		err = fill(reader);
		if (err <= 0)
			return err;
	}
}

void line_free(struct line_reader *reader)
{
	free(reader->buf);
	reader->buf = NULL;
}
