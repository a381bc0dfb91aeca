// SPDX-License-Identifier: GPL-2.0
/* Where tracefs is. */
#include <errno.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>
#include "observe/tracefs.h"

#define TRACEFS "/sys/kernel/tracing"

int tracefs_mount(void)
{
	if (!access(TRACEFS "/events", F_OK))
		return 0;
	return mount("tracefs", TRACEFS, "tracefs", 0, NULL) ? -errno : 0;
}

void tracefs_path(const char *file, char path[128])
{
	snprintf(path, 128, TRACEFS "/%s", file);
}
