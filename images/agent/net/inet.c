// SPDX-License-Identifier: GPL-2.0
/* IPv4 sockets of one device. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "net/inet.h"

struct sockaddr_in inet_address(const char *ip, int port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};

	inet_aton(ip, &addr.sin_addr);
	return addr;
}

int inet_bind_device(int fd, const struct device *dev)
{
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev->name,
			  strlen(dev->name)) ? -errno : 0;
}

int inet_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}
