// SPDX-License-Identifier: GPL-2.0
/* send: an exact number of frames through an AF_PACKET socket. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/op.h"
#include "net/packet_socket.h"
#include "net/sender.h"

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
	fd = packet_socket(rq, &args->frame.dev);
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
