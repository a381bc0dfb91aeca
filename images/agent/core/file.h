/* SPDX-License-Identifier: GPL-2.0 */
/* Small files, most of them of procfs and sysfs. */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include "core/request.h"

/* The whole file, with a 0 behind its end; a kernel fault names the path. */
int file_read(struct request *rq, const char *path, char **text, size_t *len);
/* The same without a fault: 0 or a negative errno, -EFBIG from 16 MiB on. */
int file_slurp(const char *path, char **text, size_t *len);
/*
 * One write(2) of the whole text to a file that exists: 0 or a negative errno.
 * Opening a tracefs file with O_TRUNC, as put does, removes everything that
 * was set up before; append does not.
 */
int file_put(const char *path, const char *text);
int file_append(const char *path, const char *text);

#endif /* CORE_FILE_H */
