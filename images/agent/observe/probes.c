// SPDX-License-Identifier: GPL-2.0
/*
 * probes: what this kernel can do, found out by trying. A distribution
 * backports, so its version does not decide. A probe that cannot be tried here
 * (no module, no device) reports why.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "bpf/kernel_btf.h"
#include "core/file.h"
#include "core/op.h"
#include "net/pktgen.h"
#include "observe/tracefs.h"

enum result { MISSING, AVAILABLE, UNTRIED };

static const char *const result_names[] = {
	[MISSING] = "missing", [AVAILABLE] = "available",
	[UNTRIED] = "untried",
};

/* Why the last probe of this thread could not be tried, one line. */
static __thread char reason[160];

__attribute__((format(printf, 1, 2)))
static enum result untried(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	return UNTRIED;
}

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

/* call is the system call that made fd, or failed. */
static enum result available_if_fd(int fd, const char *call)
{
	/* Says nothing about the kernel. */
	if (fd == -EPERM || fd == -ENOMEM)
		return untried("%s returned %s", call, errno_name(-fd));
	if (fd < 0)
		return MISSING;
	close(fd);
	return AVAILABLE;
}

/* Of a call that returns -1 and sets errno. */
static int negative(int fd)
{
	return fd < 0 ? -errno : fd;
}

/* A program in a cpumap's entry: 5.9. */
static enum result cpumap_program(void)
{
	return available_if_fd(create_cpumap(), "bpf(BPF_MAP_CREATE)");
}

/* Frames of more than one buffer: 5.18. */
static enum result xdp_frags(void)
{
	return available_if_fd(load_drop(BPF_F_XDP_HAS_FRAGS),
			       "bpf(BPF_PROG_LOAD)");
}

/*
 * BPF_PROG_TEST_RUN with frames that are really sent: 5.18. Older kernels do
 * not look at the flag, but refuse a batch size.
 */
static enum result live_frames(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = sizeof(frame), .repeat = 1,
		    .batch_size = 1,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	int fd = load_drop(0), err;

	if (fd < 0)
		return untried("no program to run: bpf(BPF_PROG_LOAD) returned %s",
			       errno_name(-fd));
	err = bpf_prog_test_run_opts(fd, &opts);
	close(fd);
	return err ? MISSING : AVAILABLE;
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
static enum result generic_cpumap(void)
{
	int map_fd = create_cpumap(), prog_fd, err;
	int lo = if_nametoindex("lo");

	if (map_fd < 0)
		return MISSING;
	prog_fd = load_redirect(map_fd);
	close(map_fd);
	if (prog_fd < 0)
		return untried("no program to attach: bpf(BPF_PROG_LOAD) returned %s",
			       errno_name(-prog_fd));
	if (!lo) {
		close(prog_fd);
		return untried("there is no device lo");
	}
	err = bpf_xdp_attach(lo, prog_fd, XDP_FLAGS_SKB_MODE |
			     XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	close(prog_fd);
	if (!err)
		bpf_xdp_detach(lo, XDP_FLAGS_SKB_MODE, NULL);
	if (err == -EBUSY || err == -EEXIST)
		return untried("lo has an XDP program already");
	return err ? MISSING : AVAILABLE;
}

static void up_lo(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!ioctl(fd, SIOCGIFFLAGS, &ifr) && !(ifr.ifr_flags & IFF_UP)) {
		ifr.ifr_flags |= IFF_UP;
		ioctl(fd, SIOCSIFFLAGS, &ifr);
	}
	close(fd);
}

/* The type is known where its links are: 6.4. */
static enum result netfilter_link(void)
{
	return available_if_fd(load_return(BPF_PROG_TYPE_NETFILTER,
					   BPF_NETFILTER, 1),
			       "bpf(BPF_PROG_LOAD)");
}

/* A link to a device's ingress: 6.6. */
static enum result tcx(void)
{
	int fd = load_return(BPF_PROG_TYPE_SCHED_CLS, 0, -1), link;
	int lo = if_nametoindex("lo");

	if (fd < 0)
		return untried("no program to attach: bpf(BPF_PROG_LOAD) returned %s",
			       errno_name(-fd));
	link = lo ? bpf_link_create(fd, lo, BPF_TCX_INGRESS, NULL) : 0;
	close(fd);
	if (!lo)
		return untried("there is no device lo");
	return available_if_fd(link, "bpf(BPF_LINK_CREATE)");
}

/* One link to several functions: 5.18, and CONFIG_FPROBE. */
static enum result kprobe_multi(void)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	const char *function = "vprintk";
	int fd, link;

	/* Older kernels refuse this attach type, or do not look at it. */
	fd = load_return(BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, 0);
	if (fd < 0)
		return fd == -EPERM ? untried("bpf(BPF_PROG_LOAD) returned EPERM")
				    : MISSING;
	opts.kprobe_multi.syms = &function;
	opts.kprobe_multi.cnt = 1;
	link = bpf_link_create(fd, -1, BPF_TRACE_KPROBE_MULTI, &opts);
	close(fd);
	return available_if_fd(link, "bpf(BPF_LINK_CREATE)");
}

/*
 * One link to several functions of a file: 6.6. "/" is no file, which kernels
 * that know such links find out; the others refuse the attach type.
 */
static enum result uprobe_multi(void)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	const unsigned long offset = 0;
	int fd, link;

	fd = load_return(BPF_PROG_TYPE_KPROBE, BPF_TRACE_UPROBE_MULTI, 0);
	if (fd < 0)
		return fd == -EPERM ? untried("bpf(BPF_PROG_LOAD) returned EPERM")
				    : MISSING;
	opts.uprobe_multi.path = "/";
	opts.uprobe_multi.offsets = &offset;
	opts.uprobe_multi.cnt = 1;
	link = bpf_link_create(fd, -1, BPF_TRACE_UPROBE_MULTI, &opts);
	close(fd);
	if (link == -EBADF)
		return AVAILABLE;
	return available_if_fd(link, "bpf(BPF_LINK_CREATE)");
}

/*
 * pktgen's "flag !SHARED": 6.7. pktgen needs a device that is up, and reports
 * an unknown flag only in its result.
 */
static enum result pktgen_shared_flag(void)
{
	int err;

	up_lo();
	err = file_put(PKTGEN_PROC "kpktgend_0", "add_device lo@0\n");
	if (err)
		return untried("pktgen does not accept lo (%s): is its module loaded?",
			       errno_name(-err));
	err = pktgen_command("lo@0", "flag !SHARED", NULL, 0);
	file_put(PKTGEN_PROC "kpktgend_0", "rem_device_all\n");
	return err ? MISSING : AVAILABLE;
}

/* More entries than a kernel for few CPUs allows: NR_CPUS bounds them. */
static enum result many_cpus(void)
{
	return available_if_fd(bpf_map_create(BPF_MAP_TYPE_CPUMAP,
					      "probe_many", 4, 4, 513, NULL),
			       "bpf(BPF_MAP_CREATE)");
}

#define JIT "/proc/sys/net/core/bpf_jit_enable"

/* Without CONFIG_BPF_JIT there is no such file. */
static enum result bpf_jit(void)
{
	return access(JIT, F_OK) ? MISSING : AVAILABLE;
}

/* Refused where the kernel has no interpreter: BPF_JIT_ALWAYS_ON. */
static enum result bpf_interpreter(void)
{
	char *before;
	size_t len;
	enum result result;

	/* It is all that such a kernel has. */
	if (bpf_jit() == MISSING)
		return AVAILABLE;
	if (file_slurp(JIT, &before, &len))
		return untried(JIT " cannot be read");
	result = file_put(JIT, "0") ? MISSING : AVAILABLE;
	file_put(JIT, before);
	free(before);
	return result;
}

static enum result there(const char *path)
{
	return access(path, F_OK) ? MISSING : AVAILABLE;
}

static enum result btf(void)
{
	return kernel_has_btf() ? AVAILABLE : MISSING;
}

/* These types, but not all that are attached to cgroups, are its: 5.2. */
static enum result cgroup_bpf(void)
{
	return available_if_fd(load_return(BPF_PROG_TYPE_CGROUP_SYSCTL,
					   BPF_CGROUP_SYSCTL, 1),
			       "bpf(BPF_PROG_LOAD)");
}

static enum result af_xdp(void)
{
	return available_if_fd(negative(socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC,
					       0)), "socket(AF_XDP)");
}

static enum result numa(void)
{
	return there("/sys/devices/system/node/node0");
}

static enum result cpu_hotplug(void)
{
	return there("/sys/devices/system/cpu/hotplug/states");
}

#define DEBUG_DIR "/sys/kernel/debug/"

static bool debug_file(const char *name)
{
	char path[128];

	/* Refused where it is mounted already. */
	mount("debugfs", DEBUG_DIR, "debugfs", 0, NULL);
	snprintf(path, sizeof(path), DEBUG_DIR "%s", name);
	return !access(path, F_OK);
}

/* The filter by callers is an option of its own. */
static enum result fault_injection(void)
{
	return debug_file("failslab/require-start") &&
	       debug_file("fail_page_alloc/require-start") ? AVAILABLE :
							     MISSING;
}

/* Where it is switched off, a write to it finds that out. */
static enum result kmemleak(void)
{
	return debug_file("kmemleak") ? AVAILABLE : MISSING;
}

/* By what the build wrote into the version: scripts/mkcompile_h. */
static enum result preempt_rt(void)
{
	struct utsname name;

	return !uname(&name) && strstr(name.version, "PREEMPT_RT") ?
	       AVAILABLE : MISSING;
}

static enum result hist_triggers(void)
{
	char path[128];

	if (tracefs_mount())
		return untried("tracefs cannot be mounted");
	tracefs_path("events/xdp/xdp_cpumap_enqueue/hist", path);
	return access(path, F_OK) ? MISSING : AVAILABLE;
}

static const struct {
	const char *name;
	enum result (*probe)(void);
} probes[] = {
	{ "cpumap_program", cpumap_program },
	{ "xdp_frags", xdp_frags },
	{ "live_frames", live_frames },
	{ "generic_cpumap", generic_cpumap },
	{ "pktgen_shared_flag", pktgen_shared_flag },
	{ "hist_triggers", hist_triggers },
	{ "kprobe_multi", kprobe_multi },
	{ "uprobe_multi", uprobe_multi },
	{ "netfilter_link", netfilter_link },
	{ "tcx", tcx },
	{ "many_cpus", many_cpus },
	{ "bpf_interpreter", bpf_interpreter },
	{ "bpf_jit", bpf_jit },
	{ "btf", btf },
	{ "cgroup_bpf", cgroup_bpf },
	{ "af_xdp", af_xdp },
	{ "numa", numa },
	{ "cpu_hotplug", cpu_hotplug },
	{ "fault_injection", fault_injection },
	{ "kmemleak", kmemleak },
	{ "preempt_rt", preempt_rt },
};

static int op_probes(struct request *rq, const void *none)
{
	json_t *results = json_object(), *reasons = json_object();
	enum result result;
	size_t i;

	(void)none;
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		result = probes[i].probe();
		json_object_set_new(results, probes[i].name,
				    json_string(result_names[result]));
		if (result == UNTRIED)
			json_object_set_new(reasons, probes[i].name,
					    json_string(reason));
	}
	rq->answer = json_pack("{s:o,s:o}", "probes", results, "untried",
			       reasons);
	return 0;
}

static void describe_probes(json_t *into)
{
	json_t *names = json_array();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		json_array_append_new(names, json_string(probes[i].name));
	json_object_set_new(into, "probes", names);
}

static const struct op ops[] = {
	{ .name = "probes", .run = op_probes },
};

const struct module probes_module = {
	.name = "probes", MODULE_OPS(ops), .describe = describe_probes,
};
