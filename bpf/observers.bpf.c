// SPDX-License-Identifier: GPL-2.0
/*
 * Observers: sums of the fields of the xdp tracepoints, by map id and CPU.
 *
 * They are tp_btf programs, not classic tracepoint programs, because the
 * kernel silently skips those while another one runs, or a bpf(2) map
 * operation is under way, on the same CPU (bpf_prog_active in
 * kernel/trace/bpf_trace.c). A tp_btf program misses only events that
 * interrupt itself, and the kernel counts those (recursion_misses). It is
 * also cheaper. A kernel without BTF has tracepoints.bpf.c instead.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* The kernel's types, as far as they are read; libbpf adjusts the offsets. */
#pragma clang attribute push(__attribute__((preserve_access_index)), \
			     apply_to = record)
struct net_device {
	int ifindex;
};

struct bpf_prog_aux {
	__u32 id;
};

struct bpf_prog {
	struct bpf_prog_aux *aux;
};

struct bpf_map {
	enum bpf_map_type map_type;
	__u32 id;
};

struct xdp_cpumap_stats {
	unsigned int redirect;
	unsigned int pass;
	unsigned int drop;
};

struct bpf_redirect_info {
	__u32 map_id;
};
#pragma clang attribute pop

#include "observers.h"

SEC("tp_btf/xdp_cpumap_enqueue")
int BPF_PROG(on_enqueue, __u32 map_id, unsigned int processed,
	     unsigned int drops, int to_cpu)
{
	return count_enqueue(map_id, processed, drops, to_cpu);
}

SEC("tp_btf/xdp_cpumap_kthread")
int BPF_PROG(on_kthread, __u32 map_id, unsigned int processed,
	     unsigned int drops, int sched, struct xdp_cpumap_stats *stats)
{
	return count_kthread(map_id, processed, drops, sched, stats);
}

/*
 * The first member of a devmap's target is its device, on all kernels. The
 * target is a void pointer, which the verifier does not let a program load
 * from its context before 6.13.
 */
static __always_inline int devmap_ifindex(unsigned long long *ctx)
{
	struct net_device *dev = NULL;
	void *tgt = NULL;

	bpf_probe_read_kernel(&tgt, sizeof(tgt), &ctx[2]);
	bpf_probe_read_kernel(&dev, sizeof(dev), tgt);
	return BPF_CORE_READ(dev, ifindex);
}

static __always_inline bool is_devmap(int map_type)
{
	return map_type == BPF_MAP_TYPE_DEVMAP ||
	       map_type == BPF_MAP_TYPE_DEVMAP_HASH;
}

/*
 * Arguments before 5.13:	dev, xdp, tgt, err, map, index
 * and since ee75aef23afe:	dev, xdp, tgt, err, map_type, map_id, index
 * That commit also added map_id to bpf_redirect_info, which distinguishes them.
 */
static __always_inline struct target target_of(unsigned long long *ctx)
{
	struct target to = {};

	if (bpf_core_field_exists(struct bpf_redirect_info, map_id)) {
		int map_type = ctx[4];

		to.map_id = ctx[5];
		to.map_index = ctx[6];
		if (is_devmap(map_type)) {
			to.ifindex = devmap_ifindex(ctx);
		} else if (!map_type && to.map_id == 0x7fffffff) {
			to.ifindex = to.map_index;
			to.map_index = 0;
		}
	} else {
		struct bpf_map *map = (void *)ctx[4];

		if (map) {
			to.map_id = map->id;
			to.map_index = ctx[5];
			if (is_devmap(map->map_type))
				to.ifindex = devmap_ifindex(ctx);
		} else {
			to.ifindex = ctx[5];
		}
	}
	return to;
}

static __always_inline int redirected(unsigned long long *ctx)
{
	struct net_device *dev = (void *)ctx[0];
	struct bpf_prog *xdp = (void *)ctx[1];
	struct target to = target_of(ctx);

	return count_redirect(xdp->aux->id, dev->ifindex, &to, ctx[3]);
}

SEC("tp_btf/xdp_redirect")
int on_redirect(unsigned long long *ctx)
{
	return redirected(ctx);
}

SEC("tp_btf/xdp_redirect_err")
int on_redirect_err(unsigned long long *ctx)
{
	return redirected(ctx);
}

SEC("tp_btf/xdp_exception")
int BPF_PROG(on_exception, struct net_device *dev, struct bpf_prog *xdp,
	     unsigned int act)
{
	return count_exception((struct bpfrig_exception_key) {
		.prog_id = xdp->aux->id,
		.ifindex = dev ? dev->ifindex : 0,
		.act = act,
	});
}

SEC("tp_btf/xdp_devmap_xmit")
int BPF_PROG(on_devmap_xmit, struct net_device *from, struct net_device *to,
	     int sent, int drops, int err)
{
	const struct bpfrig_devmap_key key = {
		.from_ifindex = from->ifindex,
		.to_ifindex = to->ifindex,
		.err = err,
	};

	return count_devmap(key, sent, drops);
}

char LICENSE[] SEC("license") = "GPL";
