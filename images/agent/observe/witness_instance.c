// SPDX-License-Identifier: GPL-2.0
/* Files of the witness's own instance of tracefs. */
#include <stdio.h>
#include "core/file.h"
#include "observe/tracefs.h"
#include "observe/witness_kind.h"

void witness_path(const char *file, char path[192])
{
	char root[128];

	tracefs_path("instances/bpfrig/", root);
	snprintf(path, 192, "%s%s", root, file);
}

int witness_write(struct request *rq, const char *file, const char *text)
{
	char path[192];
	int err;

	witness_path(file, path);
	err = file_append(path, text);
	if (err)
		return fault_kernel(rq, err, "write", "writing '%s' to %s",
				    text, path);
	return 0;
}

int witness_slurp(struct request *rq, const char *file, char **text)
{
	char path[192];
	size_t len;

	witness_path(file, path);
	return file_read(rq, path, text, &len);
}
