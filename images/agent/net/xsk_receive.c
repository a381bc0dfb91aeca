// SPDX-License-Identifier: GPL-2.0
/* xsk_fill, xsk_receive, xsk_frames: what AF_XDP sockets receive. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "core/client.h"
#include "core/json.h"
#include "core/op.h"
#include "net/xsk_table.h"

/* Of one answer: frames are read in parts. */
#define PART_BYTES	(1 << 20)
/* How long one poll(2) waits: the client may be gone meanwhile. */
#define POLL_MS		50

struct fill_args {
	const char *name;
	long long count;
};

static const struct arg fill_args[] = {
	ARG_STR(struct fill_args, name, REQUIRED),
	ARG_INT(struct fill_args, count, 1, XSK_RING_MAX, REQUIRED),
};

static int op_xsk_fill(struct request *rq, const void *data)
{
	const struct fill_args *args = data;
	struct xsk_entry *entry;

	xsk_lock();
	entry = xsk_find_open(rq, "name", args->name);
	if (entry)
		rq->answer = json_pack("{s:I}", "filled", (json_int_t)
				       (entry->xsk.umem ?
					xsk_fill(&entry->xsk, args->count) :
					0));
	xsk_unlock();
	return entry ? 0 : -EINVAL;
}

struct receive_args {
	const char *name;
	long long count;
	long long within;
	bool recycle;
};

static const struct receive_args receive_defaults = { .within = 5000 };

static const struct arg receive_args[] = {
	ARG_STR(struct receive_args, name, REQUIRED),
	ARG_INT(struct receive_args, count, 1, 1LL << 31, REQUIRED),
	ARG_INT(struct receive_args, within, 0, 600000),
	ARG_BOOL(struct receive_args, recycle),
};

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Frames that are there; fd is that to wait at. */
static long long take(struct request *rq, const struct receive_args *args,
		      long long most, int *fd)
{
	struct xsk_entry *entry;
	long long taken = -EINVAL;

	xsk_lock();
	entry = xsk_find_open(rq, "name", args->name);
	if (entry) {
		taken = xsk_drain(entry, most, args->recycle);
		*fd = entry->xsk.fd;
	}
	xsk_unlock();
	return taken;
}

static int op_xsk_receive(struct request *rq, const void *data)
{
	const struct receive_args *args = data;
	struct pollfd wait = { .events = POLLIN };
	long long until = now_ms() + args->within, received = 0, taken;

	for (;;) {
		taken = take(rq, args, args->count - received, &wait.fd);
		if (taken < 0)
			return taken;
		received += taken;
		if (received >= args->count || now_ms() >= until ||
		    client_gone())
			break;
		poll(&wait, 1, POLL_MS);
		/* A device that is gone wakes it up at once, each time. */
		if (wait.revents & ~POLLIN)
			usleep(POLL_MS * 1000);
	}
	rq->answer = json_pack("{s:I}", "received", (json_int_t)received);
	return 0;
}

struct frames_args {
	const char *name;
	long long at;
};

static const struct arg frames_args[] = {
	ARG_STR(struct frames_args, name, REQUIRED),
	ARG_INT(struct frames_args, at, 0, XSK_KEPT_MAX),
};

static int frames_from(struct request *rq, const struct xsk_entry *entry,
		       size_t first)
{
	json_t *frames = json_array();
	size_t end = xsk_frames_end(entry), at = first, body, next;

	while (at < end && at - first < PART_BYTES) {
		next = xsk_frame_end(entry, at);
		if (!next) {
			json_decref(frames);
			return fault_request(rq, "at: no frame begins at %zu",
					     first);
		}
		body = at + sizeof(__u32);
		json_array_append_new(frames, json_hex(entry->kept + body,
						       next - body));
		at = next;
	}
	rq->answer = json_pack("{s:o,s:I,s:b}", "frames", frames, "next",
			       (json_int_t)at, "more", at < end);
	return 0;
}

static int op_xsk_frames(struct request *rq, const void *data)
{
	const struct frames_args *args = data;
	struct xsk_entry *entry;
	int err = -EINVAL;

	xsk_lock();
	entry = xsk_find(rq, "name", args->name);
	if (entry)
		err = frames_from(rq, entry, args->at);
	xsk_unlock();
	return err;
}

static const struct op ops[] = {
	{ .name = "xsk_fill", .run = op_xsk_fill,
	  OP_ARGS(fill_args, struct fill_args) },
	{ .name = "xsk_receive", .run = op_xsk_receive,
	  .defaults = &receive_defaults,
	  OP_ARGS(receive_args, struct receive_args) },
	{ .name = "xsk_frames", .run = op_xsk_frames,
	  OP_ARGS(frames_args, struct frames_args) },
};

const struct module xsk_receive_module = {
	.name = "xsk_receive", MODULE_OPS(ops),
};
