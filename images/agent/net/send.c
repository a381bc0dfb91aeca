// SPDX-License-Identifier: GPL-2.0
/* send: an exact number of frames through an AF_PACKET socket. */
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/op.h"
#include "net/sender.h"

/* A socket that only sends: protocol 0 takes nothing in. */
static int open_socket(struct request *rq, const struct frame_args *args)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_ifindex = args->dev.ifindex,
	};
	int fd, one = 1, err;

	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fault_kernel(rq, -errno, "socket(AF_PACKET)",
				    "sending on %s", args->dev.name);
	sender_room(fd);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one,
		       sizeof(one))) {
		err = fault_kernel(rq, -errno, "bind, PACKET_QDISC_BYPASS",
				   "sending on %s", args->dev.name);
		close(fd);
		return err;
	}
	return fd;
}

static int send_frame(const struct sender *sender, __u32 seq)
{
	ssize_t size = sender->args->size;

	frame_number(sender->frame, sender->args, seq);
	return send(*sender->fds, sender->frame, size, 0) == size ? 0 : -errno;
}

struct send {
	struct frame_args frame;
};

static const struct send send_defaults = { .frame = FRAME_DEFAULTS };

static const struct arg send_args[] = {
	FRAME_ARGS(struct send),
	FRAME_MAC_ARG(struct send),
};

static int op_send(struct request *rq, const void *data)
{
	const struct send *args = data;
	struct sender sender = {
		.where = "send(AF_PACKET)", .send = send_frame,
		.args = &args->frame,
	};
	int fd, err;

	err = frame_new(rq, &args->frame, &sender.frame);
	if (err)
		return err;
	fd = open_socket(rq, &args->frame);
	if (fd >= 0) {
		sender.fds = &fd;
		err = sender_run(rq, &sender);
		close(fd);
	} else {
		err = fd;
	}
	free(sender.frame);
	return err;
}

static const struct op ops[] = {
	{ .name = "send", .run = op_send, .defaults = &send_defaults,
	  OP_ARGS(send_args, struct send) },
};

const struct module send_module = { .name = "send", MODULE_OPS(ops) };
