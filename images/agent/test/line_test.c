// SPDX-License-Identifier: GPL-2.0
/* Lines out of a pipe, in pieces and too long. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/line.h"
#include "test/test.h"

struct source {
	int fd;
	const char *text;
	size_t len;
	size_t piece;
};

static void *feed(void *data)
{
	struct source *source = data;
	size_t at, n;

	for (at = 0; at < source->len; at += n) {
		n = source->len - at;
		n = n < source->piece ? n : source->piece;
		if (write(source->fd, source->text + at, n) != (ssize_t)n)
			break;
	}
	close(source->fd);
	return NULL;
}

static pthread_t begin(struct source *source, struct line_reader *reader)
{
	pthread_t thread;
	int fds[2];

	if (pipe(fds))
		abort();
	*reader = (struct line_reader){ .fd = fds[0] };
	source->fd = fds[1];
	pthread_create(&thread, NULL, feed, source);
	return thread;
}

static void end(pthread_t thread, struct line_reader *reader)
{
	pthread_join(thread, NULL);
	line_free(reader);
	close(reader->fd);
}

static void line_is(struct line_reader *reader, const char *expected)
{
	ssize_t len;
	char *line, *copy;

	len = line_read(reader, &line);
	CHECK(len == (ssize_t)strlen(expected));
	copy = len > 0 ? strndup(line, len) : strdup("");
	EQUAL(copy, expected);
	free(copy);
}

static void pieces(size_t piece)
{
	static const char text[] = "{\"a\":1}\n\nsecond\nno newline";
	struct source source = { .text = text, .len = strlen(text),
				 .piece = piece };
	struct line_reader reader;
	pthread_t thread = begin(&source, &reader);
	char *line;

	line_is(&reader, "{\"a\":1}");
	line_is(&reader, "second");
	CHECK(line_read(&reader, &line) == 0);
	end(thread, &reader);
}

static void in_pieces(void)
{
	size_t piece;

	for (piece = 1; piece < 28; piece += 3)
		pieces(piece);
}

static void too_long(void)
{
	size_t len = ((size_t)LINE_MAX_MIB << 20) + 300000;
	char *text = malloc(len + 16);
	struct source source = { .text = text, .piece = 65536 };
	struct line_reader reader;
	pthread_t thread;
	char *line;

	memset(text, 'x', len);
	memcpy(text + len, "\nnext\n", 6);
	source.len = len + 6;
	thread = begin(&source, &reader);
	CHECK(line_read(&reader, &line) == -EMSGSIZE);
	line_is(&reader, "next");
	CHECK(line_read(&reader, &line) == 0);
	end(thread, &reader);
	free(text);
}

static const struct test tests[] = {
	{ "lines in pieces of any size; empty ones are skipped", in_pieces },
	{ "a line that is too long is reported once", too_long },
};

TEST_GROUP(line);
