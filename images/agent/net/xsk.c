// SPDX-License-Identifier: GPL-2.0
/* xsk_open to xsk_close: AF_XDP sockets, and what the kernel counts of them. */
#include <errno.h>
#include <sys/socket.h>
#include "core/op.h"
#include "net/xsk_table.h"

struct open_args {
	const char *name;
	const char *shared;
	struct xsk_options options;
};

static const struct open_args open_defaults = { .options = XSK_DEFAULTS };

#define OPTION(kind, member, dest, ...)				\
	{ .name = #member, .type = kind,			\
	  .offset = ARG_OFFSET(struct open_args, options.member, dest), \
	  __VA_ARGS__ }
#define OPTION_INT(member, high)				\
	OPTION(ARG_TYPE_INT, member, long long, .min = 0, .max = (high))

static const struct arg open_args[] = {
	ARG_STR(struct open_args, name, REQUIRED),
	OPTION(ARG_TYPE_STR, dev, struct device, .parse = device_parse,
	       REQUIRED),
	OPTION_INT(queue, UINT16_MAX),
	OPTION_INT(flags, UINT16_MAX),
	ARG_STR(struct open_args, shared),
	OPTION_INT(chunks, XSK_CHUNKS_MAX),
	OPTION(ARG_TYPE_INT, chunk_size, long long, .min = 1,
	       .max = XSK_CHUNK_MAX),
	OPTION_INT(headroom, XSK_CHUNK_MAX),
	OPTION(ARG_TYPE_BOOL, unaligned, bool),
	OPTION_INT(fill, XSK_RING_MAX),
	OPTION_INT(completion, XSK_RING_MAX),
	OPTION_INT(rx, XSK_RING_MAX),
	OPTION_INT(tx, XSK_RING_MAX),
	OPTION_INT(filled, XSK_RING_MAX),
	OPTION(ARG_TYPE_BOOL, unbound, bool),
};

/* Which mode the kernel has chosen: 5.3. */
static int is_zerocopy(struct request *rq, int fd, bool *zerocopy)
{
	struct xdp_options options;
	socklen_t len = sizeof(options);

	if (getsockopt(fd, SOL_XDP, XDP_OPTIONS, &options, &len))
		return fault_kernel(rq, -errno, "getsockopt(XDP_OPTIONS)",
				    "an AF_XDP socket");
	*zerocopy = options.flags & XDP_OPTIONS_ZEROCOPY;
	return 0;
}

static int open_entry(struct request *rq, const struct open_args *args)
{
	struct xsk_entry *other = NULL, *entry;
	bool zerocopy = false;
	int err;

	if (args->shared) {
		other = xsk_find(rq, "shared", args->shared);
		if (!other)
			return -EINVAL;
	}
	entry = xsk_new(rq, args->name);
	if (!entry)
		return -EINVAL;
	err = xsk_open(rq, &args->options, other ? &other->xsk : NULL,
		       &entry->xsk);
	if (!err && !args->options.unbound)
		err = is_zerocopy(rq, entry->xsk.fd, &zerocopy);
	if (err) {
		xsk_forget(entry);
		return err;
	}
	rq->answer = json_pack("{s:b}", "zerocopy", zerocopy);
	return 0;
}

static int op_xsk_open(struct request *rq, const void *data)
{
	int err;

	xsk_lock();
	err = open_entry(rq, data);
	xsk_unlock();
	return err;
}

struct name_args {
	const char *name;
};

static const struct arg name_args[] = {
	ARG_STR(struct name_args, name, REQUIRED),
};

/* Calls a function with a socket, under the lock. */
static int with_entry(struct request *rq, const char *name,
		      int (*run)(struct request *rq, struct xsk_entry *entry,
				 const void *data),
		      const void *data)
{
	struct xsk_entry *entry;
	int err = -EINVAL;

	xsk_lock();
	entry = xsk_find(rq, "name", name);
	if (entry)
		err = run(rq, entry, data);
	xsk_unlock();
	return err;
}

/* What it has counted until then stays. */
static int close_entry(struct request *rq, struct xsk_entry *entry,
		       const void *data)
{
	int err = xsk_update(rq, entry);

	(void)data;
	xsk_close(&entry->xsk);
	return err;
}

static int op_xsk_close(struct request *rq, const void *data)
{
	const struct name_args *args = data;

	return with_entry(rq, args->name, close_entry, NULL);
}

static int restart(struct request *rq, struct xsk_entry *entry,
		   const void *data)
{
	(void)data;
	return xsk_restart(rq, entry);
}

static int op_xsk_start(struct request *rq, const void *data)
{
	const struct name_args *args = data;

	return with_entry(rq, args->name, restart, NULL);
}

static int read_counts(struct request *rq, struct xsk_entry *entry,
		       const void *data)
{
	const struct xsk_counts *counts = &entry->counts;
	const struct xdp_statistics *stats = &counts->stats;
	int err = xsk_update(rq, entry);

	(void)data;
	if (err)
		return err;
	rq->answer = json_pack(
		"{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
		"received", (json_int_t)counts->received,
		"bytes", (json_int_t)counts->bytes,
		"descs", (json_int_t)counts->descs,
		"outside", (json_int_t)counts->outside,
		"kept", (json_int_t)counts->kept,
		"completed", (json_int_t)counts->completed,
		"rx_dropped", (json_int_t)stats->rx_dropped,
		"rx_invalid_descs", (json_int_t)stats->rx_invalid_descs,
		"rx_ring_full", (json_int_t)stats->rx_ring_full,
		"rx_fill_ring_empty_descs",
		(json_int_t)stats->rx_fill_ring_empty_descs,
		"tx_invalid_descs", (json_int_t)stats->tx_invalid_descs,
		"tx_ring_empty_descs", (json_int_t)stats->tx_ring_empty_descs);
	return 0;
}

static int op_xsk_read(struct request *rq, const void *data)
{
	const struct name_args *args = data;

	return with_entry(rq, args->name, read_counts, NULL);
}

static const struct op ops[] = {
	{ .name = "xsk_open", .run = op_xsk_open, .defaults = &open_defaults,
	  OP_ARGS(open_args, struct open_args) },
	{ .name = "xsk_close", .run = op_xsk_close,
	  OP_ARGS(name_args, struct name_args) },
	{ .name = "xsk_start", .run = op_xsk_start,
	  OP_ARGS(name_args, struct name_args) },
	{ .name = "xsk_read", .run = op_xsk_read,
	  OP_ARGS(name_args, struct name_args) },
};

const struct module xsk_module = { .name = "xsk", MODULE_OPS(ops) };
