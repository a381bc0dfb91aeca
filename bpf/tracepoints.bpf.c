// SPDX-License-Identifier: GPL-2.0
/*
 * The observers for kernels without BTF (CONFIG_DEBUG_INFO_BTF), which refuse
 * those of observers.bpf.c. These are classic tracepoint programs: they read
 * the records that tracefs describes. The agent makes types of those
 * descriptions (images/agent/observe/event_types.c), by which libbpf adjusts
 * the offsets.
 *
 * The kernel skips a classic program while another one runs, or a bpf(2) map
 * operation is under way, on the same CPU (bpf_prog_active in
 * kernel/trace/bpf_trace.c), and says so only since 6.7. A raw tracepoint
 * program is not skipped: one at each tracepoint counts the event as lost, and
 * the program that counts it takes that back.
 */
struct xdp_cpumap_stats {
	unsigned int redirect;
	unsigned int pass;
	unsigned int drop;
};

#include "observers.h"

/* Records of the tracepoints, as far as they are read. */
#pragma clang attribute push(__attribute__((preserve_access_index)), \
			     apply_to = record)
struct trace_event_raw_xdp_cpumap_enqueue {
	__u32 map_id;
	__u32 drops;
	__u32 processed;
	__s32 to_cpu;
};

struct trace_event_raw_xdp_cpumap_kthread {
	__u32 map_id;
	__u32 drops;
	__u32 processed;
	__s32 sched;
	__u32 xdp_pass;
	__u32 xdp_drop;
	__u32 xdp_redirect;
};

/* xdp_redirect_err has the same. */
struct trace_event_raw_xdp_redirect {
	__u32 prog_id;
	__s32 ifindex;
	__s32 err;
	__s32 to_ifindex;
	__u32 map_id;
	__u32 map_index;
};

struct trace_event_raw_xdp_exception {
	__u32 prog_id;
	__u32 act;
	__s32 ifindex;
};

struct trace_event_raw_xdp_devmap_xmit {
	__s32 from_ifindex;
	__s32 to_ifindex;
	__s32 drops;
	__s32 sent;
	__s32 err;
};
#pragma clang attribute pop

static __always_inline int lost(int events)
{
	__atomic_fetch_add(&observers.lost, events, __ATOMIC_RELAXED);
	return 0;
}

#define CHECKED(name)			\
	SEC("raw_tp/" #name)		\
	int check_##name(void *ctx)	\
	{				\
		return lost(1);		\
	}

CHECKED(xdp_cpumap_enqueue)
CHECKED(xdp_cpumap_kthread)
CHECKED(xdp_redirect)
CHECKED(xdp_redirect_err)
CHECKED(xdp_exception)
CHECKED(xdp_devmap_xmit)

SEC("tp/xdp/xdp_cpumap_enqueue")
int on_enqueue(struct trace_event_raw_xdp_cpumap_enqueue *event)
{
	lost(-1);
	return count_enqueue(event->map_id, event->processed, event->drops,
			     event->to_cpu);
}

SEC("tp/xdp/xdp_cpumap_kthread")
int on_kthread(struct trace_event_raw_xdp_cpumap_kthread *event)
{
	const struct xdp_cpumap_stats stats = {
		.redirect = event->xdp_redirect,
		.pass = event->xdp_pass,
		.drop = event->xdp_drop,
	};

	lost(-1);
	return count_kthread(event->map_id, event->processed, event->drops,
			     event->sched, &stats);
}

static __always_inline int
redirected(struct trace_event_raw_xdp_redirect *event)
{
	const struct target to = {
		.map_id = event->map_id,
		.map_index = event->map_index,
		.ifindex = event->to_ifindex,
	};

	lost(-1);
	return count_redirect(event->prog_id, event->ifindex, &to, event->err);
}

SEC("tp/xdp/xdp_redirect")
int on_redirect(struct trace_event_raw_xdp_redirect *event)
{
	return redirected(event);
}

SEC("tp/xdp/xdp_redirect_err")
int on_redirect_err(struct trace_event_raw_xdp_redirect *event)
{
	return redirected(event);
}

SEC("tp/xdp/xdp_exception")
int on_exception(struct trace_event_raw_xdp_exception *event)
{
	lost(-1);
	return count_exception((struct bpfrig_exception_key) {
		.prog_id = event->prog_id,
		.ifindex = event->ifindex,
		.act = event->act,
	});
}

SEC("tp/xdp/xdp_devmap_xmit")
int on_devmap_xmit(struct trace_event_raw_xdp_devmap_xmit *event)
{
	const struct bpfrig_devmap_key key = {
		.from_ifindex = event->from_ifindex,
		.to_ifindex = event->to_ifindex,
		.err = event->err,
	};

	lost(-1);
	return count_devmap(key, event->sent, event->drops);
}

char LICENSE[] SEC("license") = "GPL";
