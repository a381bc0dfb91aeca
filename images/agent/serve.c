// SPDX-License-Identifier: GPL-2.0
/* The socket: who may connect, and that a second client is told so. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "client.h"
#include "ops.h"
#include "serve.h"

static const char busy[] =
	"{\"id\":null,\"error\":{\"kind\":\"agent\",\"errno\":null,"
	"\"code\":0,\"where\":\"serve\",\"message\":"
	"\"busy: another client is connected\",\"log\":null}}\n";

static int listen_on(int port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd, err, on = 1;

	if (port < 1 || port > 65535)
		return -EINVAL;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* The loopback device may not be up yet. */
	if (setsockopt(fd, SOL_IP, IP_FREEBIND, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(fd, 16)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static void say_ready(void)
{
	int fd = open(READY_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		perror("bpfrig-agent: " READY_FILE);
	else
		close(fd);
}

int serve(int port)
{
	int sock, fd, on = 1;

	/* First: whoever gets through finds it done. */
	observers_prepare();
	witness_prepare();
	sock = listen_on(port);
	if (sock < 0) {
		fprintf(stderr, "bpfrig-agent: listen on %d: %s\n", port,
			strerror(-sock));
		return 1;
	}
	say_ready();
	for (;;) {
		fd = accept4(sock, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno != EINTR && errno != ECONNABORTED) {
				perror("bpfrig-agent: accept");
				usleep(100000);
			}
			continue;
		}
		/* An answer is one write, and is waited for. */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (client_start(fd)) {
			send(fd, busy, strlen(busy), MSG_NOSIGNAL);
			close(fd);
		}
	}
}
