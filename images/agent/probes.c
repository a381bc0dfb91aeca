// SPDX-License-Identifier: GPL-2.0
/*
 * probes: what this kernel can do, found out by doing it. A distribution
 * backports, so a version says nothing. A probe that cannot be tried here
 * (no module, no device) is left out of the answer.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "file.h"
#include "ops.h"
#include "pktgen.h"
#include "tracefs.h"

enum { NO, YES, UNTRIED };

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

static int yes_if_fd(int fd)
{
	if (fd < 0)
		return NO;
	close(fd);
	return YES;
}

/* A program in a cpumap's entry: 5.9. */
static int cpumap_program(void)
{
	return yes_if_fd(create_cpumap());
}

/* Frames of more than one buffer: 5.18. */
static int xdp_frags(void)
{
	return yes_if_fd(load_drop(BPF_F_XDP_HAS_FRAGS));
}

/*
 * BPF_PROG_TEST_RUN with frames that are really sent: 5.18. Older kernels do
 * not look at the flag, but refuse a batch size.
 */
static int live_frames(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = sizeof(frame), .repeat = 1,
		    .batch_size = 1,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	int fd = load_drop(0), err;

	if (fd < 0)
		return UNTRIED;
	err = bpf_prog_test_run_opts(fd, &opts);
	close(fd);
	return err ? NO : YES;
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
static int generic_cpumap(void)
{
	int map_fd = create_cpumap(), prog_fd, err;
	int lo = if_nametoindex("lo");

	if (map_fd < 0)
		return NO;
	prog_fd = load_redirect(map_fd);
	close(map_fd);
	if (prog_fd < 0 || !lo)
		return UNTRIED;
	err = bpf_xdp_attach(lo, prog_fd, XDP_FLAGS_SKB_MODE |
			     XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	close(prog_fd);
	if (!err)
		bpf_xdp_detach(lo, XDP_FLAGS_SKB_MODE, NULL);
	if (err == -EBUSY || err == -EEXIST)
		return UNTRIED;
	return err ? NO : YES;
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

/*
 * pktgen's "flag !SHARED": 6.7. pktgen wants a device that is up, and says
 * that a flag is unknown in its result alone.
 */
static int pktgen_shared_flag(void)
{
	int err;

	up_lo();
	if (file_put("/proc/net/pktgen/kpktgend_0", "add_device lo@0\n"))
		return UNTRIED;
	err = pktgen_command("lo@0", "flag !SHARED", NULL, 0);
	file_put("/proc/net/pktgen/kpktgend_0", "rem_device_all\n");
	return err ? NO : YES;
}

/* More entries than a kernel for few CPUs allows: NR_CPUS bounds them. */
static int many_cpus(void)
{
	return yes_if_fd(bpf_map_create(BPF_MAP_TYPE_CPUMAP, "probe_many", 4,
					4, 513, NULL));
}

/* Refused where the kernel has no interpreter: BPF_JIT_ALWAYS_ON. */
static int bpf_interpreter(void)
{
	const char *jit = "/proc/sys/net/core/bpf_jit_enable";
	char *before;
	size_t len;
	int result;

	if (file_slurp(jit, &before, &len))
		return UNTRIED;
	result = file_put(jit, "0") ? NO : YES;
	file_put(jit, before);
	free(before);
	return result;
}

static int hist_triggers(void)
{
	char path[128];

	if (tracefs_mount())
		return UNTRIED;
	tracefs_path("events/xdp/xdp_cpumap_enqueue/hist", path);
	return access(path, F_OK) ? NO : YES;
}

int op_probes(struct request *rq)
{
	static const struct {
		const char *name;
		int (*probe)(void);
	} probes[] = {
		{ "cpumap_program", cpumap_program },
		{ "xdp_frags", xdp_frags },
		{ "live_frames", live_frames },
		{ "generic_cpumap", generic_cpumap },
		{ "pktgen_shared_flag", pktgen_shared_flag },
		{ "hist_triggers", hist_triggers },
		{ "many_cpus", many_cpus },
		{ "bpf_interpreter", bpf_interpreter },
	};
	json_t *results = json_object();
	size_t i;

	for (i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		int result = probes[i].probe();

		if (result != UNTRIED)
			json_object_set_new(results, probes[i].name,
					    json_boolean(result));
	}
	rq->answer = json_pack("{s:o}", "probes", results);
	return 0;
}
