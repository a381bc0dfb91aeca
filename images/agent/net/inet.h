/* SPDX-License-Identifier: GPL-2.0 */
/* IPv4 sockets of one device. */
#ifndef NET_INET_H
#define NET_INET_H

#include <netinet/in.h>
#include "net/device.h"

struct sockaddr_in inet_address(const char *ip, int port);
/*
 * What the socket sends goes out by this device, although its destination may
 * be an address of this guest: 0 or a negative errno.
 */
int inet_bind_device(int fd, const struct device *dev);
/* An option whose value is an int: 0 or a negative errno. */
int inet_option(int fd, int level, int name, int value);

#endif /* NET_INET_H */
