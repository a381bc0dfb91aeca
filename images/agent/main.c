// SPDX-License-Identifier: GPL-2.0
/* bpfrig-agent: does in the guest what the orchestrator asks; PROTOCOL.md. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "serve.h"

/*
 * It is root's login shell too: every ssh session begins with the shell, and
 * "connect SOCKET" then costs one program's start in place of two. All else
 * is for the real shell.
 */
static int login_shell(int argc, char **argv)
{
	static const char connect[] = "connect ";

	if (argc < 3)
		execl("/bin/sh", "-sh", NULL);
	else if (!strncmp(argv[2], connect, strlen(connect)))
		return relay(argv[2] + strlen(connect));
	else
		execl("/bin/sh", "sh", "-c", argv[2], NULL);
	perror("bpfrig-agent: /bin/sh");
	return 127;
}

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
	if (argc == 3 && !strcmp(argv[1], "serve")) {
		if (setrlimit(RLIMIT_MEMLOCK, &unlimited))
			perror("bpfrig-agent: setrlimit(RLIMIT_MEMLOCK)");
		return serve(argv[2]);
	}
	if (argc == 3 && !strcmp(argv[1], "connect"))
		return relay(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "modules"))
		return load_modules(argv[2]);
	if (argc == 1 || !strcmp(argv[1], "-c"))
		return login_shell(argc, argv);
	fprintf(stderr, "usage: bpfrig-agent serve|connect SOCKET, "
		"bpfrig-agent modules LIST\n");
	return 2;
}
