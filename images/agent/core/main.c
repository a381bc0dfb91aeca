// SPDX-License-Identifier: GPL-2.0
/* bpfrig-agent: does in the guest what the orchestrator requests. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "core/describe.h"
#include "core/kernel_modules.h"
#include "core/modules.h"
#include "core/port.h"
#include "core/session.h"

/* Exists as soon as the agent serves; images/init waits for it. */
#define READY_FILE	"/run/agent.ready"

static void report_ready(void)
{
	int fd = open(READY_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		perror("bpfrig-agent: " READY_FILE);
	else
		close(fd);
}

/* Prepares what takes long, then serves the port for ever. */
static int serve(void)
{
	/* 5.10 accounts maps and programs against the memlock limit. */
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	int fd;

	if (setrlimit(RLIMIT_MEMLOCK, &unlimited))
		perror("bpfrig-agent: setrlimit(RLIMIT_MEMLOCK)");
	modules_prepare();
	fd = port_open();
	if (fd < 0) {
		fprintf(stderr, "bpfrig-agent: no virtio-serial port named "
			PORT_NAME ": %s\n", strerror(-fd));
		return 1;
	}
	report_ready();
	session_serve(fd);
	return 0;
}

static int describe(void)
{
	json_t *json = description();

	json_dumpf(json, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(json);
	return 0;
}

int main(int argc, char **argv)
{
	int fd;

	/* A descriptor of 0 would mean "none" to bpf(2) and to cpumap.c. */
	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= 2)
		;
	close(fd);
	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && !strcmp(argv[1], "serve"))
		return serve();
	if (argc == 3 && !strcmp(argv[1], "modules"))
		return load_kernel_modules(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "describe"))
		return describe();
	fprintf(stderr, "usage: bpfrig-agent serve\n"
		"       bpfrig-agent modules LIST\n"
		"       bpfrig-agent describe\n");
	return 2;
}
