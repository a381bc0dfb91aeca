// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include "file.h"
#include "tracefs.h"
#include "witness_instance.h"

int witness_write(struct request *rq, const char *file, const char *text)
{
	char path[128], below[96];
	int err;

	snprintf(below, sizeof(below), WITNESS_INSTANCE "%s", file);
	tracefs_path(below, path);
	err = file_append(path, text);
	if (err)
		return fault_kernel(rq, err, "write", "writing '%s' to %s",
				    text, path);
	return 0;
}

int witness_slurp(struct request *rq, const char *file, char **text)
{
	char path[128], below[96];
	size_t len;

	snprintf(below, sizeof(below), WITNESS_INSTANCE "%s", file);
	tracefs_path(below, path);
	return file_read(rq, path, text, &len);
}
