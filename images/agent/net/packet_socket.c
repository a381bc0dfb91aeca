// SPDX-License-Identifier: GPL-2.0
/* An AF_PACKET socket that only sends: protocol 0 takes nothing in. */
#include <errno.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/packet_socket.h"
#include "net/sender.h"

int packet_socket(struct request *rq, const struct device *dev)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_ifindex = dev->ifindex,
	};
	int fd, one = 1, err;

	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fault_kernel(rq, -errno, "socket(AF_PACKET)",
				    "sending on %s", dev->name);
	sender_room(fd);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one,
		       sizeof(one))) {
		err = fault_kernel(rq, -errno, "bind, PACKET_QDISC_BYPASS",
				   "sending on %s", dev->name);
		close(fd);
		return err;
	}
	return fd;
}
