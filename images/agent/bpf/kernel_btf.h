/* SPDX-License-Identifier: GPL-2.0 */
/* What a kernel without BTF (CONFIG_DEBUG_INFO_BTF) cannot do. */
#ifndef BPF_KERNEL_BTF_H
#define BPF_KERNEL_BTF_H

#include <stdbool.h>
#include <bpf/btf.h>

/* Whether the kernel has BTF of its own. */
bool kernel_has_btf(void);

/*
 * Whether a function of a program's BTF is what an XDP program should be, and
 * a kernel that has BTF knows that it is: int f(struct xdp_md *).
 */
bool is_xdp_prototype(const struct btf *btf, __u32 function_id);

#endif /* BPF_KERNEL_BTF_H */
