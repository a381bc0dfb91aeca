// SPDX-License-Identifier: GPL-2.0
/*
 * probes: what this kernel can do, found out by trying. A distribution
 * backports, so its version does not decide. A probe that cannot be tried here
 * (no module, no device) reports why.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "core/op.h"
#include "observe/probe.h"

static const char *const result_names[] = {
	[MISSING] = "missing", [AVAILABLE] = "available",
	[UNTRIED] = "untried",
};

static __thread char reason[160];

enum probe_result probe_untried(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	return UNTRIED;
}

const char *probe_reason(void)
{
	return reason;
}

enum probe_result probe_result_of(int err, const char *call)
{
	/* Says nothing about the kernel. */
	if (err == -EPERM || err == -ENOMEM)
		return probe_untried("%s returned %s", call, errno_name(-err));
	return err < 0 ? MISSING : AVAILABLE;
}

enum probe_result probe_made(int fd, const char *call)
{
	if (fd >= 0)
		close(fd);
	return probe_result_of(fd, call);
}

static const struct {
	const char *name;
	enum probe_result (*probe)(void);
} probes[] = {
	{ "cpumap_program", probe_cpumap_program },
	{ "xdp_frags", probe_xdp_frags },
	{ "live_frames", probe_live_frames },
	{ "generic_cpumap", probe_generic_cpumap },
	{ "pktgen_shared_flag", probe_pktgen_shared_flag },
	{ "hist_triggers", probe_hist_triggers },
	{ "kprobe_multi", probe_kprobe_multi },
	{ "uprobe_multi", probe_uprobe_multi },
	{ "netfilter_link", probe_netfilter_link },
	{ "tcx", probe_tcx },
	{ "many_cpus", probe_many_cpus },
	{ "bpf_interpreter", probe_bpf_interpreter },
	{ "bpf_jit", probe_bpf_jit },
	{ "btf", probe_btf },
	{ "cgroup_bpf", probe_cgroup_bpf },
	{ "af_xdp", probe_af_xdp },
	{ "numa", probe_numa },
	{ "cpu_hotplug", probe_cpu_hotplug },
	{ "fault_injection", probe_fault_injection },
	{ "kmemleak", probe_kmemleak },
	{ "preempt_rt", probe_preempt_rt },
};

static int op_probes(struct request *rq, const void *none)
{
	json_t *results = json_object(), *reasons = json_object();
	enum probe_result result;
	size_t i;

	(void)none;
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		result = probes[i].probe();
		json_object_set_new(results, probes[i].name,
				    json_string(result_names[result]));
		if (result == UNTRIED)
			json_object_set_new(reasons, probes[i].name,
					    json_string(probe_reason()));
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
