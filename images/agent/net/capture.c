// SPDX-License-Identifier: GPL-2.0
/*
 * capture_*: what a device receives, and on request what it sends, with the
 * kernel's time. A frame that XDP drops or redirects does not come so far.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "core/json.h"
#include "core/op.h"
#include "net/capture_ring.h"

/* Of one answer: a capture is read in parts. */
#define PART_BYTES	(1 << 20)
#define MAX_CAPTURES	16

struct capture {
	struct capture *next;
	int ifindex;
	struct capture_ring ring;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct capture *captures;
static size_t n_captures;

static struct capture *capture_of(int ifindex)
{
	struct capture *capture = captures;

	while (capture && capture->ifindex != ifindex)
		capture = capture->next;
	return capture;
}

struct start_args {
	struct device dev;
	struct capture_options options;
};

static const struct start_args start_defaults = {
	.options = { .max = 1000, .snap = 2048 },
};

#define OPTION(kind, member, dest, ...)				\
	{ .name = #member, .type = kind,			\
	  .offset = ARG_OFFSET(struct start_args, options.member, dest), \
	  __VA_ARGS__ }

static const struct arg start_args[] = {
	ARG_DEVICE(struct start_args, dev, REQUIRED),
	OPTION(ARG_TYPE_INT, max, long long, .min = 1, .max = 16384),
	OPTION(ARG_TYPE_INT, snap, long long, .min = 14,
	       .max = CAPTURE_SNAP_MAX),
	OPTION(ARG_TYPE_BOOL, outgoing, bool),
	OPTION(ARG_TYPE_BOOL, promisc, bool),
};

static int start(struct request *rq, const struct start_args *args)
{
	struct capture *capture;
	int err;

	if (capture_of(args->dev.ifindex))
		return fault_request(rq, "dev: %s is captured already",
				     args->dev.name);
	if (n_captures == MAX_CAPTURES)
		return fault_request(rq, "dev: at most %d devices are captured",
				     MAX_CAPTURES);
	capture = calloc(1, sizeof(*capture));
	if (!capture)
		return fault_agent(rq, "calloc", "out of memory");
	err = capture_ring_open(rq, &args->dev, &args->options,
				&capture->ring);
	if (err) {
		free(capture);
		return err;
	}
	capture->ifindex = args->dev.ifindex;
	capture->next = captures;
	captures = capture;
	n_captures++;
	return 0;
}

static int op_capture_start(struct request *rq, const void *data)
{
	int err;

	pthread_mutex_lock(&lock);
	err = start(rq, data);
	pthread_mutex_unlock(&lock);
	return err;
}

struct read_args {
	struct device dev;
	long long from;
};

static const struct arg read_args[] = {
	ARG_DEVICE(struct read_args, dev, REQUIRED),
	ARG_INT(struct read_args, from, 0, 16384),
};

static json_t *frame_json(const struct captured *frame)
{
	return json_pack("{s:I,s:I,s:I,s:b,s:b,s:o}", "sec",
			 (json_int_t)frame->sec, "nsec",
			 (json_int_t)frame->nsec, "length",
			 (json_int_t)frame->length, "outgoing",
			 frame->outgoing, "partial", frame->partial, "data",
			 json_hex(frame->data, frame->kept));
}

static int read_part(struct request *rq, struct capture_ring *ring,
		     long long from)
{
	struct captured *frame;
	json_t *frames;
	size_t bytes = 0;
	long long lost;
	bool more;
	int err;

	err = capture_ring_lost(rq, ring, &lost);
	if (err)
		return err;
	frame = malloc(sizeof(*frame));
	if (!frame)
		return fault_agent(rq, "malloc", "out of memory");
	frames = json_array();
	while ((more = capture_ring_frame(ring, from, frame)) &&
	       bytes < PART_BYTES) {
		json_array_append_new(frames, frame_json(frame));
		bytes += frame->kept;
		from++;
	}
	free(frame);
	rq->answer = json_pack("{s:o,s:b,s:I}", "frames", frames, "more", more,
			       "lost", (json_int_t)lost);
	return 0;
}

static int op_capture_read(struct request *rq, const void *data)
{
	const struct read_args *args = data;
	struct capture *capture;
	int err;

	pthread_mutex_lock(&lock);
	capture = capture_of(args->dev.ifindex);
	err = capture ? read_part(rq, &capture->ring, args->from) :
			fault_request(rq, "dev: %s has no capture_start",
				      args->dev.name);
	pthread_mutex_unlock(&lock);
	return err;
}

struct stop_args {
	struct device dev;
};

static const struct arg stop_args[] = {
	ARG_DEVICE(struct stop_args, dev, REQUIRED),
};

static int stop(struct request *rq, const struct device *dev)
{
	struct capture **place = &captures, *capture;

	while (*place && (*place)->ifindex != dev->ifindex)
		place = &(*place)->next;
	capture = *place;
	if (!capture)
		return fault_request(rq, "dev: %s has no capture_start",
				     dev->name);
	*place = capture->next;
	n_captures--;
	capture_ring_close(&capture->ring);
	free(capture);
	return 0;
}

static int op_capture_stop(struct request *rq, const void *data)
{
	const struct stop_args *args = data;
	int err;

	pthread_mutex_lock(&lock);
	err = stop(rq, &args->dev);
	pthread_mutex_unlock(&lock);
	return err;
}

static void drop_captures(void)
{
	struct capture *capture;

	pthread_mutex_lock(&lock);
	while ((capture = captures)) {
		captures = capture->next;
		capture_ring_close(&capture->ring);
		free(capture);
	}
	n_captures = 0;
	pthread_mutex_unlock(&lock);
}

static const struct op ops[] = {
	{ .name = "capture_start", .run = op_capture_start,
	  .defaults = &start_defaults,
	  OP_ARGS(start_args, struct start_args) },
	{ .name = "capture_read", .run = op_capture_read,
	  OP_ARGS(read_args, struct read_args) },
	{ .name = "capture_stop", .run = op_capture_stop,
	  OP_ARGS(stop_args, struct stop_args) },
};

const struct module capture_module = {
	.name = "capture", MODULE_OPS(ops), .drop = drop_captures,
};
