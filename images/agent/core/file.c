// SPDX-License-Identifier: GPL-2.0
/* Small files: read whole, written in one write(2), as functions and ops. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/file.h"
#include "core/json.h"
#include "core/op.h"

#define FIRST_SIZE	4096
#define MAX_SIZE	(16 << 20)

int file_slurp(const char *path, char **text, size_t *len)
{
	size_t size = FIRST_SIZE, end = 0;
	char *buf = NULL, *grown;
	ssize_t n;
	int fd, err = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (;;) {
		if (!buf || end + 1 >= size) {
			size = buf ? 2 * size : size;
			grown = size > MAX_SIZE ? NULL : realloc(buf, size);
			if (!grown) {
				err = -EFBIG;
				break;
			}
			buf = grown;
		}
		n = read(fd, buf + end, size - end - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = -errno;
		if (n <= 0)
			break;
		end += n;
	}
	close(fd);
	if (err) {
		free(buf);
		return err;
	}
	buf[end] = 0;
	*text = buf;
	*len = end;
	return 0;
}

static int put(const char *path, const char *text, int flags)
{
	size_t len = strlen(text);
	ssize_t n;
	int fd;

	fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);
	if (fd < 0)
		return -errno;
	n = write(fd, text, len);
	n = n < 0 ? -errno : n;
	close(fd);
	if (n < 0)
		return n;
	return (size_t)n == len ? 0 : -EIO;
}

int file_put(const char *path, const char *text)
{
	return put(path, text, O_TRUNC);
}

int file_append(const char *path, const char *text)
{
	return put(path, text, O_APPEND);
}

int file_read(struct request *rq, const char *path, char **text, size_t *len)
{
	int err = file_slurp(path, text, len);

	if (err == -EFBIG)
		return fault_agent(rq, "read", "%s does not fit into %d MiB",
				   path, MAX_SIZE >> 20);
	if (err)
		return fault_kernel(rq, err, "read", "reading %s", path);
	return 0;
}

struct read_file {
	const char *path;
};

static const struct arg read_args[] = {
	ARG_STR(struct read_file, path, REQUIRED),
};

static int op_read_file(struct request *rq, const void *data)
{
	const struct read_file *args = data;
	char *text;
	size_t len;
	int err;

	err = file_read(rq, args->path, &text, &len);
	if (err)
		return err;
	rq->answer = json_pack("{s:o}", "data", json_text(text, len));
	free(text);
	return 0;
}

/* Of one answer: as hex digits it must fit into a line. */
#define MAX_PIECE	(1 << 20)

struct read_bytes {
	const char *path;
	long long offset;
};

static const struct arg bytes_args[] = {
	ARG_STR(struct read_bytes, path, REQUIRED),
	ARG_INT(struct read_bytes, offset, 0, LLONG_MAX, REQUIRED),
};

static int op_read_bytes(struct request *rq, const void *data)
{
	const struct read_bytes *args = data;
	char *piece = malloc(MAX_PIECE);
	ssize_t n = -1;
	int fd, err;

	if (!piece)
		return fault_agent(rq, "malloc", "out of memory");
	fd = open(args->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		n = pread(fd, piece, MAX_PIECE, args->offset);
	err = n < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	if (err)
		fault_kernel(rq, err, "read", "reading %s", args->path);
	else
		rq->answer = json_pack("{s:o}", "data", json_hex(piece, n));
	free(piece);
	return err;
}

struct write_file {
	const char *path;
	const char *data;
};

static const struct arg write_args[] = {
	ARG_STR(struct write_file, path, REQUIRED),
	ARG_STR(struct write_file, data, REQUIRED),
};

static int op_write_file(struct request *rq, const void *data)
{
	const struct write_file *args = data;
	int err;

	err = put(args->path, args->data, O_TRUNC | O_CREAT);
	if (err)
		return fault_kernel(rq, err, "write", "writing '%.*s' to %s",
				    (int)strcspn(args->data, "\n"), args->data,
				    args->path);
	return 0;
}

static const struct op ops[] = {
	{ .name = "read_file", .run = op_read_file,
	  OP_ARGS(read_args, struct read_file) },
	{ .name = "read_bytes", .run = op_read_bytes,
	  OP_ARGS(bytes_args, struct read_bytes) },
	{ .name = "write_file", .run = op_write_file,
	  OP_ARGS(write_args, struct write_file) },
};

const struct module file_module = { .name = "file", MODULE_OPS(ops) };
