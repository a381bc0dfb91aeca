/* SPDX-License-Identifier: GPL-2.0 */
/* Lines of a bounded length from a file descriptor. */
#ifndef CORE_LINE_H
#define CORE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define LINE_MAX_MIB 16

struct line_reader {
	int fd;
	char *buf;
	size_t size;	/* allocated */
	size_t start;	/* of what has not been returned yet */
	size_t end;
	size_t scanned;	/* no newline before this */
	bool skipping;	/* the rest of a too long line */
};

/*
 * The next line without its newline, valid until the next call; empty lines
 * are skipped. Returns its length, 0 at the end of the input, -EMSGSIZE once
 * for a line that is too long (it is skipped), or another negative errno.
 */
ssize_t line_read(struct line_reader *reader, char **line);
void line_free(struct line_reader *reader);

#endif /* CORE_LINE_H */
