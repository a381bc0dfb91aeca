// SPDX-License-Identifier: GPL-2.0
/*
 * udp: an exact number of datagrams through UDP sockets, one per flow. They
 * pass through routing, neighbours and the device's queueing discipline, in
 * skbs that the stack makes. Addresses, ports and payload are those of send's
 * frames; the IP header also has DF, and a counting id. The topology has the
 * route and the neighbour.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bpfrig.h"
#include "core/op.h"
#include "net/inet.h"
#include "net/sender.h"

#define MAX_FLOWS	64
#define TTL		32	/* as the other sources */
/* Where a datagram's payload is in its frame. */
#define PAYLOAD_AT	offsetof(struct bpfrig_frame, magic)

static int set_options(int fd, const struct frame_args *args, bool checksum)
{
	/* The source is not an address of the guest: nothing answers. */
	return inet_option(fd, IPPROTO_IP, IP_TRANSPARENT, 1) ||
	       inet_option(fd, IPPROTO_IP, IP_TTL, TTL) ||
	       /* What does not fit is refused instead of fragmented. */
	       inet_option(fd, IPPROTO_IP, IP_MTU_DISCOVER,
			   IP_PMTUDISC_DO) ||
	       /* Else a full queue is no error. */
	       inet_option(fd, IPPROTO_IP, IP_RECVERR, 1) ||
	       inet_option(fd, SOL_SOCKET, SO_NO_CHECK, !checksum) ||
	       inet_bind_device(fd, &args->dev);
}

static int open_flow(struct request *rq, const struct frame_args *args,
		     int flow, bool checksum)
{
	struct sockaddr_in from, to;
	int fd, err;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fault_kernel(rq, -errno, "socket(AF_INET)",
				    "sending on %s", args->dev.name);
	sender_room(fd);
	from = inet_address(args->src_ip, BPFRIG_SPORT + args->first_flow + flow);
	to = inet_address(args->dst_ip, BPFRIG_PORT);
	if (set_options(fd, args, checksum) ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		err = fault_kernel(rq, -errno, "setsockopt, bind, connect",
				   "flow %d on %s", flow, args->dev.name);
		close(fd);
		return err;
	}
	return fd;
}

static int send_datagram(const struct sender *sender, __u32 seq)
{
	ssize_t size = sender->args->size - PAYLOAD_AT;
	int fd = sender->fds[seq % sender->args->flows];

	frame_number(sender->frame, sender->args, seq);
	return send(fd, sender->frame + PAYLOAD_AT, size, 0) == size ? 0 :
								       -errno;
}

struct udp {
	struct frame_args frame;
	bool checksum;
};

static const struct udp udp_defaults = { .frame = FRAME_DEFAULTS };

static const struct arg udp_args[] = {
	FRAME_ARGS(struct udp),
	ARG_BOOL(struct udp, checksum),
};

static int op_udp(struct request *rq, const void *data)
{
	const struct udp *args = data;
	const struct frame_args *frame = &args->frame;
	struct sender sender = {
		.where = "send(AF_INET)", .send = send_datagram,
		.args = frame,
	};
	int fds[MAX_FLOWS], err, i;

	if (frame->flows > MAX_FLOWS)
		return fault_request(rq, "flows: udp has a socket for each flow, so at most %d",
				     MAX_FLOWS);
	err = frame_new(rq, frame, &sender.frame);
	if (err)
		return err;
	sender.fds = fds;
	for (i = 0; !err && i < frame->flows; i++) {
		fds[i] = open_flow(rq, frame, i, args->checksum);
		if (fds[i] < 0)
			err = fds[i];
	}
	if (!err)
		err = sender_run(rq, &sender);
	/* The last one may not have been opened. */
	while (i--)
		if (fds[i] >= 0)
			close(fds[i]);
	free(sender.frame);
	return err;
}

static const struct op ops[] = {
	{ .name = "udp", .run = op_udp, .defaults = &udp_defaults,
	  OP_ARGS(udp_args, struct udp) },
};

const struct module udp_module = { .name = "udp", MODULE_OPS(ops) };
