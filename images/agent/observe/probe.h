/* SPDX-License-Identifier: GPL-2.0 */
/* What a kernel can do, one probe each: probes.c has their table. */
#ifndef OBSERVE_PROBE_H
#define OBSERVE_PROBE_H

#include <stdbool.h>

enum probe_result { MISSING, AVAILABLE, UNTRIED };

/* Says nothing about the kernel: why, one line. */
__attribute__((format(printf, 1, 2)))
enum probe_result probe_untried(const char *fmt, ...);
/* What the last probe of this thread that was untried said. */
const char *probe_reason(void);
/*
 * err is 0 or negative, of a call that every kernel knows in another way where
 * it does not have the feature.
 */
enum probe_result probe_result_of(int err, const char *call);
/* The same of a call that returns a descriptor, which it closes. */
enum probe_result probe_made(int fd, const char *call);

/* Maps, programs and links: probe_bpf.c. */
enum probe_result probe_cpumap_program(void);
enum probe_result probe_xdp_frags(void);
enum probe_result probe_live_frames(void);
enum probe_result probe_generic_cpumap(void);
enum probe_result probe_kprobe_multi(void);
enum probe_result probe_uprobe_multi(void);
enum probe_result probe_netfilter_link(void);
enum probe_result probe_tcx(void);
enum probe_result probe_many_cpus(void);
enum probe_result probe_cgroup_bpf(void);

/* The rest of the kernel: probe_kernel.c. */
enum probe_result probe_pktgen_shared_flag(void);
enum probe_result probe_hist_triggers(void);
enum probe_result probe_bpf_interpreter(void);
enum probe_result probe_bpf_jit(void);
enum probe_result probe_btf(void);
enum probe_result probe_af_xdp(void);
enum probe_result probe_numa(void);
enum probe_result probe_cpu_hotplug(void);
enum probe_result probe_fault_injection(void);
enum probe_result probe_kmemleak(void);
enum probe_result probe_preempt_rt(void);

#endif /* OBSERVE_PROBE_H */
