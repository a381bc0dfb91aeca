// SPDX-License-Identifier: GPL-2.0
/* Decides by the kernel's configuration, and by its version. */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern bool CONFIG_BPF_SYSCALL __kconfig;
extern unsigned int CONFIG_HZ __kconfig;
extern bool CONFIG_THERE_IS_NO_SUCH_OPTION __kconfig __weak;

__u32 version;
__u32 hz;
bool others = true;

SEC("xdp")
int note(struct xdp_md *ctx)
{
	version = LINUX_KERNEL_VERSION >> 16;
	hz = CONFIG_HZ;
	others = CONFIG_THERE_IS_NO_SUCH_OPTION;
	return CONFIG_BPF_SYSCALL ? XDP_DROP : XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
