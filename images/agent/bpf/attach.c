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

static const char *const mode_words[] = { "native", "generic", NULL };

static const __u32 mode_flags[] = { XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE };

struct attach {
	struct handle program;	/* of attach only */
	struct device dev;
	int mode;
};

static const struct arg attach_args[] = {
	ARG_PROGRAM(struct attach, program, REQUIRED),
	ARG_DEVICE(struct attach, dev, REQUIRED),
	ARG_WORD(struct attach, mode, mode_words, REQUIRED),
};

static const struct arg detach_args[] = {
	ARG_DEVICE(struct attach, dev, REQUIRED),
	ARG_WORD(struct attach, mode, mode_words, REQUIRED),
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

/* Compares with what the kernel reports as attached. */
static int verify(struct request *rq, const char *dev, int ifindex,
		  __u32 flags, __u32 prog_id)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	int mode, err;

	err = bpf_xdp_query(ifindex, 0, &query);
	if (err)
		return fault_kernel(rq, err, "netlink(RTM_GETLINK)",
				    "reading what is attached to %s", dev);
	mode = flags == XDP_FLAGS_DRV_MODE ? XDP_ATTACHED_DRV :
					     XDP_ATTACHED_SKB;
	if (query.attach_mode != mode || query.prog_id != prog_id)
		return fault_agent(rq, "attach", "%s has program %u in mode %u, not %u in mode %d",
				   dev, query.prog_id, query.attach_mode,
				   prog_id, mode);
	return 0;
}

static int op_attach(struct request *rq, const void *data)
{
	const struct attach *args = data;
	__u32 flags = mode_flags[args->mode];
	int ifindex = args->dev.ifindex, err;

	libbpf_log_start();
	err = bpf_xdp_attach(ifindex, args->program.fd, flags, NULL);
	if (err) {
		fault_kernel(rq, err, "netlink(IFLA_XDP)",
			     "attaching program '%s' to %s",
			     args->program.name, args->dev.name);
		rq->fault.log = libbpf_log_take();
		return err;
	}
	remember(ifindex, flags);
	err = verify(rq, args->dev.name, ifindex, flags, args->program.id);
	if (err) {
		bpf_xdp_detach(ifindex, flags, NULL);
		forget(ifindex, flags);
		return err;
	}
	rq->answer = json_pack("{s:i}", "ifindex", ifindex);
	return 0;
}

static int op_detach(struct request *rq, const void *data)
{
	const struct attach *args = data;
	__u32 flags = mode_flags[args->mode];
	int err;

	libbpf_log_start();
	err = bpf_xdp_detach(args->dev.ifindex, flags, NULL);
	if (err) {
		fault_kernel(rq, err, "netlink(IFLA_XDP)",
			     "detaching from %s", args->dev.name);
		rq->fault.log = libbpf_log_take();
		return err;
	}
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
