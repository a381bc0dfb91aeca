// SPDX-License-Identifier: GPL-2.0
/* xsk_send: an exact number of frames through the tx ring of an AF_XDP socket. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/client.h"
#include "core/op.h"
#include "net/sender.h"
#include "net/xsk_table.h"

/* How long the op waits for the last chunks to come back. */
#define COMPLETION_MS	5000

struct xsk_send {
	struct frame_args frame;
	const char *name;
	long long batch;
	long long bad;
};

static const struct xsk_send defaults = {
	.frame = FRAME_DEFAULTS, .batch = 1,
};

static const struct arg xsk_send_args[] = {
	FRAME_ARGS(struct xsk_send),
	FRAME_MAC_ARG(struct xsk_send),
	ARG_STR(struct xsk_send, name, REQUIRED),
	ARG_INT(struct xsk_send, batch, 1, XSK_RING_MAX),
	ARG_INT(struct xsk_send, bad, 0, XSK_RING_MAX),
};

/* How far it is. */
struct progress {
	struct sender sender;
	const struct xsk_send *args;
	long long placed;	/* frames that are or were in the ring */
	long long bad;		/* descriptors that are no frames */
	long long dropped;	/* frames that the device did not take */
	long long before;	/* chunks that had come back at first */
};

/* Fills the ring for one sendto(2); false when there is no room. */
static bool place(struct progress *p, struct xsk *xsk, __u32 seq)
{
	const struct xsk_send *args = p->args;

	while (p->bad < args->bad) {
		if (!xsk_place_bad(xsk))
			return false;
		p->bad++;
	}
	if (p->placed > seq)
		return true;
	frame_number(p->sender.frame, &args->frame, seq);
	if (!xsk_place(xsk, p->sender.frame, args->frame.size))
		return false;
	p->placed++;
	return true;
}

/* Wakes the kernel until it has taken all: 0 or a negative errno. */
static int kick(struct progress *p, const struct xsk *xsk)
{
	/*
	 * Copy mode takes at most 32 at once (TX_BATCH_SIZE), and not all
	 * kernels show at once how far they are.
	 */
	const __u32 most = xsk->tx.size / 32 + 2;
	__u32 left, idle = 0;

	while ((left = xsk_waiting(xsk))) {
		if (idle++ > most)
			return -EAGAIN;
		if (sendto(xsk->fd, NULL, 0, MSG_DONTWAIT, NULL, 0)) {
			if (errno == EBUSY)
				p->dropped++;
			else if (errno != EAGAIN)
				return -errno;
		}
		if (xsk_waiting(xsk) < left)
			idle = 0;
	}
	return 0;
}

static int send_frame(const struct sender *sender, __u32 seq)
{
	struct progress *p = (struct progress *)sender;
	const struct xsk_send *args = p->args;
	struct xsk_entry *entry;
	struct request lost = {};
	int err = -ECONNABORTED;

	xsk_lock();
	entry = xsk_find_open(&lost, "name", args->name);
	if (entry) {
		entry->counts.completed += xsk_reap(&entry->xsk);
		err = place(p, &entry->xsk, seq) ? 0 : -EAGAIN;
		if (!err && p->placed % args->batch &&
		    p->placed < args->frame.count)
			goto out;
		/* Without room, what is in the ring has to go first. */
		if (!err || xsk_waiting(&entry->xsk))
			err = kick(p, &entry->xsk) ?: err;
	}
out:
	xsk_unlock();
	return err;
}

/* Chunks that came back since the op began. */
static long long completed(const struct progress *p)
{
	struct request lost = {};
	struct xsk_entry *entry;
	long long n = 0;

	xsk_lock();
	entry = xsk_find_open(&lost, "name", p->args->name);
	if (entry) {
		entry->counts.completed += xsk_reap(&entry->xsk);
		n = entry->counts.completed - p->before;
	}
	xsk_unlock();
	return n;
}

static long long wait_for_completions(const struct progress *p)
{
	long long n = completed(p);
	int i;

	for (i = 0; i < COMPLETION_MS && n < p->placed && !client_gone(); i++) {
		usleep(1000);
		n = completed(p);
	}
	return n;
}

/*
 * A frame that the device did not take is an error, and was not sent. After a
 * refusal, what is in the ring does not come back.
 */
static void correct(struct request *rq, const struct progress *p, bool refused)
{
	json_t *sent = json_object_get(rq->answer, "sent");
	json_t *errors = json_object_get(rq->answer, "errors");

	json_integer_set(sent, json_integer_value(sent) - p->dropped);
	json_integer_set(errors, json_integer_value(errors) + p->dropped);
	json_object_set_new(rq->answer, "completed",
			    json_integer(refused ? completed(p) :
				 wait_for_completions(p)));
}

/* What the op needs of the socket; the kernel refuses the rest. */
static int check(struct request *rq, struct progress *p)
{
	const struct xsk_send *args = p->args;
	struct xsk_entry *entry;
	const struct xsk *xsk;
	int err = -EINVAL;

	xsk_lock();
	entry = xsk_find_open(rq, "name", args->name);
	xsk = entry ? &entry->xsk : NULL;
	if (!xsk)
		goto out;
	if (!xsk->tx.size || !xsk->umem)
		fault_request(rq, "name: '%s' has no tx ring, or no memory",
			      args->name);
	else if (args->frame.size > xsk->umem->chunk_size)
		fault_request(rq, "size: a chunk has %lld bytes",
			      xsk->umem->chunk_size);
	else
		err = 0;
	p->before = entry->counts.completed;
	sender_room(xsk->fd);
out:
	xsk_unlock();
	return err;
}

static int op_xsk_send(struct request *rq, const void *data)
{
	const struct xsk_send *args = data;
	struct progress p = {
		.sender = {
			.where = "sendto(AF_XDP)", .send = send_frame,
			.args = &args->frame,
		},
		.args = args,
	};
	int err;

	err = check(rq, &p);
	if (!err)
		err = frame_new(rq, &args->frame, &p.sender.frame);
	if (err)
		return err;
	err = sender_run(rq, &p.sender);
	if (rq->answer)
		correct(rq, &p, err);
	free(p.sender.frame);
	return err;
}

static const struct op ops[] = {
	{ .name = "xsk_send", .run = op_xsk_send, .defaults = &defaults,
	  OP_ARGS(xsk_send_args, struct xsk_send) },
};

const struct module xsk_send_module = { .name = "xsk_send", MODULE_OPS(ops) };
