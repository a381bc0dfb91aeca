// SPDX-License-Identifier: GPL-2.0
/* XDP programs on devices, in the mode asked for and never in another. */
#include <errno.h>
#include <linux/if_link.h>
#include <pthread.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "bpf_util.h"
#include "handles.h"
#include "ops.h"

#define MAX_ATTACHED	256

struct attached {
	int ifindex;
	__u32 flags;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct attached attached[MAX_ATTACHED];
static size_t n_attached;

static int arg_mode(struct request *rq, __u32 *flags)
{
	const char *mode;
	int err;

	err = arg_str(rq, "mode", &mode);
	if (err)
		return err;
	if (!strcmp(mode, "native"))
		*flags = XDP_FLAGS_DRV_MODE;
	else if (!strcmp(mode, "generic"))
		*flags = XDP_FLAGS_SKB_MODE;
	else
		return fault_request(rq, "mode: 'native' or 'generic' is wanted");
	return 0;
}

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

/* What the kernel itself says is attached. */
static int verify(struct request *rq, const char *dev, int ifindex,
		  __u32 flags, __u32 prog_id)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	int wanted, err;

	err = bpf_xdp_query(ifindex, 0, &query);
	if (err)
		return fault_kernel(rq, err, "bpf_xdp_query",
				    "asking what is attached to %s", dev);
	wanted = flags == XDP_FLAGS_DRV_MODE ? XDP_ATTACHED_DRV :
					       XDP_ATTACHED_SKB;
	if (query.attach_mode != wanted || query.prog_id != prog_id)
		return fault_agent(rq, "attach", "%s has program %u in mode %u, not %u in mode %d",
				   dev, query.prog_id, query.attach_mode,
				   prog_id, wanted);
	return 0;
}

int op_attach(struct request *rq)
{
	struct handle prog;
	const char *dev;
	int ifindex, err;
	__u32 flags;

	err = handle_arg(rq, "program", HANDLE_PROG, &prog);
	if (!err)
		err = arg_mode(rq, &flags);
	if (!err)
		err = arg_dev(rq, &dev, &ifindex);
	if (err)
		return err;
	libbpf_log_start();
	err = bpf_xdp_attach(ifindex, prog.fd, flags, NULL);
	if (err) {
		fault_kernel(rq, err, "netlink(IFLA_XDP)",
			     "attaching program '%s' to %s", prog.name, dev);
		rq->fault.log = libbpf_log_take();
		return err;
	}
	remember(ifindex, flags);
	err = verify(rq, dev, ifindex, flags, prog.id);
	if (err) {
		bpf_xdp_detach(ifindex, flags, NULL);
		forget(ifindex, flags);
		return err;
	}
	rq->answer = json_pack("{s:i}", "ifindex", ifindex);
	return 0;
}

int op_detach(struct request *rq)
{
	const char *dev;
	int ifindex, err;
	__u32 flags;

	err = arg_mode(rq, &flags);
	if (!err)
		err = arg_dev(rq, &dev, &ifindex);
	if (err)
		return err;
	libbpf_log_start();
	err = bpf_xdp_detach(ifindex, flags, NULL);
	if (err) {
		fault_kernel(rq, err, "netlink(IFLA_XDP)",
			     "detaching from %s", dev);
		rq->fault.log = libbpf_log_take();
		return err;
	}
	forget(ifindex, flags);
	return 0;
}

void attach_drop(void)
{
	pthread_mutex_lock(&lock);
	while (n_attached) {
		n_attached--;
		bpf_xdp_detach(attached[n_attached].ifindex,
			       attached[n_attached].flags, NULL);
	}
	pthread_mutex_unlock(&lock);
}
