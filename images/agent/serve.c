// SPDX-License-Identifier: GPL-2.0
/* The socket: who may connect, and that a second client is told so. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "client.h"
#include "ops.h"
#include "serve.h"

static const char busy[] =
	"{\"id\":null,\"error\":{\"kind\":\"agent\",\"errno\":null,"
	"\"code\":0,\"where\":\"serve\",\"message\":"
	"\"busy: another client is connected\",\"log\":null}}\n";

static int listen_on(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(fd, 16)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int serve(const char *path)
{
	int sock, fd;

	/* First: whoever sees the socket finds it done. */
	observers_prepare();
	witness_prepare();
	sock = listen_on(path);
	if (sock < 0) {
		fprintf(stderr, "bpfrig-agent: listen %s: %s\n", path,
			strerror(-sock));
		return 1;
	}
	for (;;) {
		fd = accept4(sock, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno != EINTR && errno != ECONNABORTED) {
				perror("bpfrig-agent: accept");
				usleep(100000);
			}
			continue;
		}
		if (client_start(fd)) {
			send(fd, busy, strlen(busy), MSG_NOSIGNAL);
			close(fd);
		}
	}
}
