// SPDX-License-Identifier: GPL-2.0
/* Probes that make a map, load a program or attach one. */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "core/op.h"
#include "observe/probe.h"

/* A frame for a program that drops it unseen. */
static __u8 frame[64];

static const struct bpf_insn drop_insns[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = XDP_DROP },
	{ .code = BPF_JMP | BPF_EXIT },
};

static int load_drop(__u32 flags)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = flags);

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "probe_drop", "GPL",
			     drop_insns,
			     sizeof(drop_insns) / sizeof(drop_insns[0]), &opts);
}

static int create_cpumap(void)
{
	return bpf_map_create(BPF_MAP_TYPE_CPUMAP, "probe_cpus", 4,
			      sizeof(struct bpf_cpumap_val), 1, NULL);
}

/* A program of another type that returns a number. */
static int load_return(enum bpf_prog_type type, int attach_type, int number)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = attach_type);
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = number },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(type, "probe_return", "GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), &opts);
}

/* A program in a cpumap's entry: 5.9. */
enum probe_result probe_cpumap_program(void)
{
	return probe_made(create_cpumap(), "bpf(BPF_MAP_CREATE)");
}

/* Frames of more than one buffer: 5.18. */
enum probe_result probe_xdp_frags(void)
{
	return probe_made(load_drop(BPF_F_XDP_HAS_FRAGS), "bpf(BPF_PROG_LOAD)");
}

/*
 * BPF_PROG_TEST_RUN with frames that are really sent: 5.18. Older kernels do
 * not look at the flag, but refuse a batch size.
 */
enum probe_result probe_live_frames(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = sizeof(frame), .repeat = 1,
		    .batch_size = 1,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	int fd = load_drop(0), err;

	if (fd < 0)
		return probe_untried("no program to run: bpf(BPF_PROG_LOAD) returned %s",
				     errno_name(-fd));
	err = bpf_prog_test_run_opts(fd, &opts);
	close(fd);
	return probe_result_of(err, "bpf(BPF_PROG_TEST_RUN)");
}

static int load_redirect(int map_fd)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1,
		  .src_reg = BPF_PSEUDO_MAP_FD, .imm = map_fd },
		{},
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "probe_redirect", "GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), NULL);
}

/* Generic mode with such a map: 5.15, refused from 5.9 to 5.14. */
enum probe_result probe_generic_cpumap(void)
{
	int map_fd = create_cpumap(), prog_fd, err;
	int lo = if_nametoindex("lo");

	if (map_fd < 0)
		return MISSING;
	prog_fd = load_redirect(map_fd);
	close(map_fd);
	if (prog_fd < 0)
		return probe_untried("no program to attach: bpf(BPF_PROG_LOAD) returned %s",
				     errno_name(-prog_fd));
	if (!lo) {
		close(prog_fd);
		return probe_untried("there is no device lo");
	}
	err = bpf_xdp_attach(lo, prog_fd, XDP_FLAGS_SKB_MODE |
			     XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	close(prog_fd);
	if (!err)
		bpf_xdp_detach(lo, XDP_FLAGS_SKB_MODE, NULL);
	if (err == -EBUSY || err == -EEXIST)
		return probe_untried("lo has an XDP program already");
	return probe_result_of(err, "netlink(IFLA_XDP)");
}

/* The type is known where its links are: 6.4. */
enum probe_result probe_netfilter_link(void)
{
	return probe_made(load_return(BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER,
				      1), "bpf(BPF_PROG_LOAD)");
}

/* A link to a device's ingress: 6.6. */
enum probe_result probe_tcx(void)
{
	int fd = load_return(BPF_PROG_TYPE_SCHED_CLS, 0, -1), link;
	int lo = if_nametoindex("lo");

	if (fd < 0)
		return probe_untried("no program to attach: bpf(BPF_PROG_LOAD) returned %s",
				     errno_name(-fd));
	link = lo ? bpf_link_create(fd, lo, BPF_TCX_INGRESS, NULL) : 0;
	close(fd);
	if (!lo)
		return probe_untried("there is no device lo");
	return probe_made(link, "bpf(BPF_LINK_CREATE)");
}

/* One link to several functions: 5.18, and CONFIG_FPROBE. */
enum probe_result probe_kprobe_multi(void)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	const char *function = "vprintk";
	int fd, link;

	/* Older kernels refuse this attach type, or do not look at it. */
	fd = load_return(BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, 0);
	if (fd < 0)
		return fd == -EPERM ? probe_untried("bpf(BPF_PROG_LOAD) returned EPERM")
				    : MISSING;
	opts.kprobe_multi.syms = &function;
	opts.kprobe_multi.cnt = 1;
	link = bpf_link_create(fd, -1, BPF_TRACE_KPROBE_MULTI, &opts);
	close(fd);
	return probe_made(link, "bpf(BPF_LINK_CREATE)");
}

/*
 * One link to several functions of a file: 6.6. "/" is no file, which kernels
 * that know such links find out; the others refuse the attach type.
 */
enum probe_result probe_uprobe_multi(void)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	const unsigned long offset = 0;
	int fd, link;

	fd = load_return(BPF_PROG_TYPE_KPROBE, BPF_TRACE_UPROBE_MULTI, 0);
	if (fd < 0)
		return fd == -EPERM ? probe_untried("bpf(BPF_PROG_LOAD) returned EPERM")
				    : MISSING;
	opts.uprobe_multi.path = "/";
	opts.uprobe_multi.offsets = &offset;
	opts.uprobe_multi.cnt = 1;
	link = bpf_link_create(fd, -1, BPF_TRACE_UPROBE_MULTI, &opts);
	close(fd);
	if (link == -EBADF)
		return AVAILABLE;
	return probe_made(link, "bpf(BPF_LINK_CREATE)");
}

/* More entries than a kernel for few CPUs allows: NR_CPUS bounds them. */
enum probe_result probe_many_cpus(void)
{
	return probe_made(bpf_map_create(BPF_MAP_TYPE_CPUMAP, "probe_many", 4,
					 4, 513, NULL), "bpf(BPF_MAP_CREATE)");
}

/* These types, but not all that are attached to cgroups, are its: 5.2. */
enum probe_result probe_cgroup_bpf(void)
{
	return probe_made(load_return(BPF_PROG_TYPE_CGROUP_SYSCTL,
				      BPF_CGROUP_SYSCTL, 1),
			  "bpf(BPF_PROG_LOAD)");
}
