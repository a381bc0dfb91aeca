// SPDX-License-Identifier: GPL-2.0
/* Probes that look for what the kernel is built with. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "bpf/kernel_btf.h"
#include "core/file.h"
#include "core/op.h"
#include "net/pktgen.h"
#include "observe/probe.h"
#include "observe/tracefs.h"

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
 * pktgen's "flag !SHARED": 6.7. pktgen needs a device that is up, and reports
 * an unknown flag only in its result.
 */
enum probe_result probe_pktgen_shared_flag(void)
{
	int err;

	up_lo();
	err = file_put(PKTGEN_PROC "kpktgend_0", "add_device lo@0\n");
	if (err)
		return probe_untried("pktgen does not accept lo (%s): is its module loaded?",
				     errno_name(-err));
	err = pktgen_command("lo@0", "flag !SHARED", NULL, 0);
	file_put(PKTGEN_PROC "kpktgend_0", "rem_device_all\n");
	return err ? MISSING : AVAILABLE;
}

#define JIT "/proc/sys/net/core/bpf_jit_enable"

/* Without CONFIG_BPF_JIT there is no such file. */
enum probe_result probe_bpf_jit(void)
{
	return access(JIT, F_OK) ? MISSING : AVAILABLE;
}

/* Refused where the kernel has no interpreter: BPF_JIT_ALWAYS_ON. */
enum probe_result probe_bpf_interpreter(void)
{
	char *before;
	size_t len;
	enum probe_result result;

	/* It is all that such a kernel has. */
	if (probe_bpf_jit() == MISSING)
		return AVAILABLE;
	if (file_slurp(JIT, &before, &len))
		return probe_untried(JIT " cannot be read");
	result = file_put(JIT, "0") ? MISSING : AVAILABLE;
	file_put(JIT, before);
	free(before);
	return result;
}

static enum probe_result there(const char *path)
{
	return access(path, F_OK) ? MISSING : AVAILABLE;
}

enum probe_result probe_btf(void)
{
	return kernel_has_btf() ? AVAILABLE : MISSING;
}

/* Of a call that returns -1 and sets errno. */
static int negative(int fd)
{
	return fd < 0 ? -errno : fd;
}

enum probe_result probe_af_xdp(void)
{
	return probe_made(negative(socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0)),
			  "socket(AF_XDP)");
}

enum probe_result probe_numa(void)
{
	return there("/sys/devices/system/node/node0");
}

enum probe_result probe_cpu_hotplug(void)
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
enum probe_result probe_fault_injection(void)
{
	return debug_file("failslab/require-start") &&
	       debug_file("fail_page_alloc/require-start") ? AVAILABLE :
							     MISSING;
}

/* Where it is switched off, a write to it finds that out. */
enum probe_result probe_kmemleak(void)
{
	return debug_file("kmemleak") ? AVAILABLE : MISSING;
}

/* By what the build wrote into the version: scripts/mkcompile_h. */
enum probe_result probe_preempt_rt(void)
{
	struct utsname name;

	return !uname(&name) && strstr(name.version, "PREEMPT_RT") ?
	       AVAILABLE : MISSING;
}

enum probe_result probe_hist_triggers(void)
{
	char path[128];

	if (tracefs_mount())
		return probe_untried("tracefs cannot be mounted");
	tracefs_path("events/xdp/xdp_cpumap_enqueue/hist", path);
	return access(path, F_OK) ? MISSING : AVAILABLE;
}
