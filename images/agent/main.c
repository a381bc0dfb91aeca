// SPDX-License-Identifier: GPL-2.0
/* bpfrig-agent: does in the guest what the orchestrator asks; PROTOCOL.md. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "serve.h"

int main(int argc, char **argv)
{
	/* 5.10 accounts maps and programs against the memlock limit. */
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	int fd;

	/* A descriptor of 0 would mean "none" to bpf(2) and to cpumap.c. */
	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= 2)
		;
	close(fd);
	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && !strcmp(argv[1], "describe"))
		return describe();
	if (argc == 2 && !strcmp(argv[1], "serve")) {
		if (setrlimit(RLIMIT_MEMLOCK, &unlimited))
			perror("bpfrig-agent: setrlimit(RLIMIT_MEMLOCK)");
		return serve();
	}
	if (argc == 3 && !strcmp(argv[1], "modules"))
		return load_modules(argv[2]);
	fprintf(stderr, "usage: bpfrig-agent serve, "
		"bpfrig-agent modules LIST, bpfrig-agent describe\n");
	return 2;
}
