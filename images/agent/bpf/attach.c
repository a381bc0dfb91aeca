// SPDX-License-Identifier: GPL-2.0
/* XDP programs on devices, in the requested mode and never in another. */
#include <errno.h>
#include <linux/if_link.h>
#include <pthread.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "bpf/handles.h"
#include "bpf/libbpf_log.h"
#include "core/op.h"
#include "net/device.h"

#define MAX_ATTACHED	256

struct attached {
	int ifindex;
	__u32 flags;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct attached attached[MAX_ATTACHED];
static size_t n_attached;

enum { NATIVE, GENERIC, DEFAULT };

static const char *const mode_words[] = {
	"native", "generic", "default", NULL
};

static const __u32 mode_flags[] = {
	XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE, 0
};

struct attach {
	struct handle program;	/* of attach only */
	struct device dev;
	int mode;
	long long flags;	/* XDP_FLAGS_* besides the mode's; of attach */
	struct handle expected;	/* what is attached there now */
};

static const struct arg attach_args[] = {
	ARG_PROGRAM(struct attach, program, REQUIRED),
	ARG_DEVICE(struct attach, dev, REQUIRED),
	ARG_WORD(struct attach, mode, mode_words, REQUIRED),
	ARG_INT(struct attach, flags, 0, UINT32_MAX),
	ARG_PROGRAM(struct attach, expected),
};

static const struct arg detach_args[] = {
	ARG_DEVICE(struct attach, dev, REQUIRED),
	ARG_WORD(struct attach, mode, mode_words, REQUIRED),
	ARG_PROGRAM(struct attach, expected),
};

static void forget(int ifindex, __u32 flags)
{
	size_t i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < n_attached; i++)
		if (attached[i].ifindex == ifindex &&
		    attached[i].flags == flags)
			attached[i--] = attached[--n_attached];
	pthread_mutex_unlock(&lock);
}

static void remember(int ifindex, __u32 flags)
{
	forget(ifindex, flags);
	pthread_mutex_lock(&lock);
	if (n_attached < MAX_ATTACHED)
		attached[n_attached++] = (struct attached){ ifindex, flags };
	pthread_mutex_unlock(&lock);
}

/*
 * Compares with what the kernel reports as attached. Without a mode the kernel
 * chose one; *mode becomes the one in effect.
 */
static int verify(struct request *rq, const struct attach *args, int *mode)
{
	static const int attached_as[] = { XDP_ATTACHED_DRV, XDP_ATTACHED_SKB };
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	const char *dev = args->dev.name;
	int err;

	err = bpf_xdp_query(args->dev.ifindex, 0, &query);
	if (err)
		return fault_kernel(rq, err, "netlink(RTM_GETLINK)",
				    "reading what is attached to %s", dev);
	if (*mode == DEFAULT)
		*mode = query.attach_mode == XDP_ATTACHED_SKB ? GENERIC : NATIVE;
	if (query.attach_mode != attached_as[*mode] ||
	    query.prog_id != args->program.id)
		return fault_agent(rq, "attach", "%s has program %u in mode %u, not %u in mode %d",
				   dev, query.prog_id, query.attach_mode,
				   args->program.id, attached_as[*mode]);
	return 0;
}

/* The kernel refused to attach or to detach; its own words are in the log. */
static int refused(struct request *rq, int err, const struct attach *args)
{
	const char *dev = args->dev.name;

	if (args->program.kind)
		fault_kernel(rq, err, "netlink(IFLA_XDP)",
			     "attaching program '%s' to %s",
			     args->program.name, dev);
	else
		fault_kernel(rq, err, "netlink(IFLA_XDP)",
			     "detaching from %s", dev);
	rq->fault.log = libbpf_log_take();
	return err;
}

static int op_attach(struct request *rq, const void *data)
{
	const struct attach *args = data;
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts);
	__u32 flags = mode_flags[args->mode];
	int ifindex = args->dev.ifindex, mode = args->mode, err;

	if (args->expected.kind)
		opts.old_prog_fd = args->expected.fd;
	libbpf_log_start();
	err = bpf_xdp_attach(ifindex, args->program.fd, flags | args->flags,
			     &opts);
	if (err)
		return refused(rq, err, args);
	remember(ifindex, flags);
	err = verify(rq, args, &mode);
	if (err) {
		bpf_xdp_detach(ifindex, flags, NULL);
		forget(ifindex, flags);
		return err;
	}
	rq->answer = json_pack("{s:i,s:s}", "ifindex", ifindex,
			       "mode", mode_words[mode]);
	return 0;
}

static int op_detach(struct request *rq, const void *data)
{
	const struct attach *args = data;
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts);
	__u32 flags = mode_flags[args->mode];
	int err;

	if (args->expected.kind)
		opts.old_prog_fd = args->expected.fd;
	libbpf_log_start();
	err = bpf_xdp_detach(args->dev.ifindex, flags, &opts);
	if (err)
		return refused(rq, err, args);
	forget(args->dev.ifindex, flags);
	return 0;
}

static void drop_attached(void)
{
	pthread_mutex_lock(&lock);
	while (n_attached) {
		n_attached--;
		bpf_xdp_detach(attached[n_attached].ifindex,
			       attached[n_attached].flags, NULL);
	}
	pthread_mutex_unlock(&lock);
}

static const struct op ops[] = {
	{ .name = "attach", .run = op_attach,
	  OP_ARGS(attach_args, struct attach) },
	{ .name = "detach", .run = op_detach,
	  OP_ARGS(detach_args, struct attach) },
};

const struct module attach_module = {
	.name = "attach", MODULE_OPS(ops), .drop = drop_attached,
};
