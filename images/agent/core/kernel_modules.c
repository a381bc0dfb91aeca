// SPDX-License-Identifier: GPL-2.0
/*
 * bpfrig-agent modules LIST: loads the modules that a file names, one path per
 * line and after a space its parameters, in that order. The kernel may refuse
 * one with a '-' in front of its path. One program for all of them: starting
 * insmod for each took longer than the loading.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "core/kernel_modules.h"

static int load_module(const char *path, const char *parameters)
{
	int fd, err = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, parameters, 0) && errno != EEXIST)
		err = -errno;
	close(fd);
	return err;
}

int load_kernel_modules(const char *list)
{
	FILE *file = fopen(list, "re");
	char line[8192], *path, *parameters;
	int err, failed = 0;

	if (!file) {
		perror(list);
		return 1;
	}
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		path = line + (*line == '-');
		parameters = path + strcspn(path, " ");
		if (*parameters)
			*parameters++ = 0;
		err = load_module(path, parameters);
		if (!err || *line == '-')
			continue;
		fprintf(stderr, "bpfrig-agent: cannot load %s: %s\n", path,
			strerror(-err));
		failed = 1;
	}
	fclose(file);
	return failed;
}
