/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel reports about a map or a program. */
#ifndef BPF_OBJECT_H
#define BPF_OBJECT_H

#include <linux/bpf.h>
#include "core/request.h"

/* The folder of the agent's own object files in the guest. */
#define BPF_DIR "/bpf/"

/* bpf(BPF_OBJ_GET_INFO_BY_FD); info is zeroed first. */
int object_info(struct request *rq, int fd, void *info, __u32 size);

/* Bytes of a lookup's value: a per-CPU map has one per possible CPU. */
__u32 map_value_room(const struct bpf_map_info *info);

#endif /* BPF_OBJECT_H */
