// SPDX-License-Identifier: GPL-2.0
/* bpfrig-agent serve: prepares what takes long, then serves the port. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "ops.h"
#include "port.h"
#include "serve.h"
#include "session.h"

static void say_ready(void)
{
	int fd = open(READY_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		perror("bpfrig-agent: " READY_FILE);
	else
		close(fd);
}

int serve(void)
{
	int fd;

	observers_prepare();
	witness_prepare();
	fd = port_open();
	if (fd < 0) {
		fprintf(stderr, "bpfrig-agent: no virtio-serial port named "
			PORT_NAME ": %s\n", strerror(-fd));
		return 1;
	}
	say_ready();
	session_serve(fd);
	return 0;
}
