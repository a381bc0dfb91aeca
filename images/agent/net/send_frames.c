// SPDX-License-Identifier: GPL-2.0
/* send_frames: frames of any bytes through an AF_PACKET socket, in turn. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/json.h"
#include "core/op.h"
#include "net/packet_socket.h"
#include "net/sender.h"

/* An IP packet of 64 KiB, an Ethernet header and two VLAN tags. */
#define BYTES_MAX	(65535 + 14 + 8)

struct send_frames {
	struct device dev;
	json_t *frames;		/* hex, each */
	long long count;
	long long gap_us;
	long long cpu;		/* -1: not pinned */
};

static const struct send_frames defaults = { .cpu = -1 };

static const struct arg send_frames_args[] = {
	ARG_DEVICE(struct send_frames, dev, REQUIRED),
	ARG_STRINGS(struct send_frames, frames, REQUIRED),
	ARG_INT(struct send_frames, count, 1, 1LL << 31, REQUIRED),
	ARG_INT(struct send_frames, gap_us, 0, 10000000),
	ARG_INT(struct send_frames, cpu, 0, CPU_MAX),
};

/* The frames as bytes, and what sends them. */
struct frame_list {
	struct sender sender;
	struct bytes *frames;
	size_t n;
};

static int send_next(const struct sender *sender, __u32 seq)
{
	const struct frame_list *list = (const struct frame_list *)sender;
	const struct bytes *frame = &list->frames[seq % list->n];
	ssize_t size = frame->len;

	return send(*sender->fds, frame->data, size, 0) == size ? 0 : -errno;
}

static void list_free(struct frame_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		free(list->frames[i].data);
	free(list->frames);
}

static int list_read(struct request *rq, json_t *frames,
		     struct frame_list *list)
{
	struct bytes *frame;
	json_t *text;
	size_t i;
	int err;

	if (!json_array_size(frames))
		return fault_request(rq, "frames: must have a frame");
	list->frames = calloc(json_array_size(frames), sizeof(*list->frames));
	if (!list->frames)
		return fault_agent(rq, "calloc", "frames: out of memory");
	json_array_foreach(frames, i, text) {
		frame = &list->frames[i];
		err = hex_decode(json_string_value(text), &frame->data,
				 &frame->len);
		if (err == -ENOMEM)
			return fault_agent(rq, "calloc",
					   "frames: out of memory");
		if (err)
			return fault_request(rq, "frames[%zu]: must be an even number of hex digits",
					     i);
		list->n++;
		if (!frame->len || frame->len > BYTES_MAX)
			return fault_request(rq, "frames[%zu]: must have 1 to %d bytes",
					     i, BYTES_MAX);
	}
	return 0;
}

static int op_send_frames(struct request *rq, const void *data)
{
	const struct send_frames *args = data;
	struct frame_args frame = {
		.dev = args->dev, .count = args->count, .cpu = args->cpu,
	};
	struct frame_list list = {
		.sender = {
			.where = "send(AF_PACKET)", .send = send_next,
			.args = &frame, .gap_us = args->gap_us,
		},
	};
	int fd, err;

	err = list_read(rq, args->frames, &list);
	fd = err ? err : packet_socket(rq, &args->dev);
	if (fd >= 0) {
		list.sender.fds = &fd;
		err = sender_run(rq, &list.sender);
		close(fd);
	} else {
		err = fd;
	}
	list_free(&list);
	return err;
}

static const struct op ops[] = {
	{ .name = "send_frames", .run = op_send_frames, .defaults = &defaults,
	  OP_ARGS(send_frames_args, struct send_frames) },
};

const struct module send_frames_module = {
	.name = "send_frames", MODULE_OPS(ops)
};
