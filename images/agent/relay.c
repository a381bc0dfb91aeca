// SPDX-License-Identifier: GPL-2.0
/* bpfrig-agent connect: stdin and stdout joined to the agent's socket. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "serve.h"

#define CONNECT_TRIES	100
#define CONNECT_WAIT_US	50000

static int connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, i;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* The agent may still be on its way up. */
	for (i = 0; i < CONNECT_TRIES; i++) {
		if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
			return fd;
		if (errno != ENOENT && errno != ECONNREFUSED)
			break;
		usleep(CONNECT_WAIT_US);
	}
	i = -errno;
	close(fd);
	return i;
}

/* One read and all of it written: 1, 0 at the end, or a negative errno. */
static int pump(int from, int to)
{
	static char buf[65536];
	ssize_t len, n;
	char *at = buf;

	len = read(from, buf, sizeof(buf));
	if (len <= 0)
		return len < 0 ? -errno : 0;
	while (len) {
		n = write(to, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= n;
	}
	return 1;
}

int relay(const char *path)
{
	struct pollfd fds[2] = { { .fd = 0, .events = POLLIN },
				 { .events = POLLIN } };
	int sock = connect_to(path);

	if (sock < 0) {
		fprintf(stderr, "bpfrig-agent: connect %s: %s\n", path,
			strerror(-sock));
		return 1;
	}
	fds[1].fd = sock;
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return 1;
		if (fds[1].revents && pump(sock, 1) <= 0)
			return 0;
		/* What was asked before the end of stdin is still answered. */
		if (fds[0].revents && pump(0, sock) <= 0) {
			shutdown(sock, SHUT_WR);
			fds[0].fd = -1;
			fds[0].revents = 0;
		}
	}
}
