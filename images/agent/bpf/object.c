// SPDX-License-Identifier: GPL-2.0
/* What the kernel reports about a map or a program. */
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "bpf/object.h"

int object_info(struct request *rq, int fd, void *info, __u32 size)
{
	int err;

	memset(info, 0, size);
	err = bpf_obj_get_info_by_fd(fd, info, &size);
	if (err)
		return fault_kernel(rq, err, "bpf(BPF_OBJ_GET_INFO_BY_FD)",
				    "reading the info of a map or program");
	return 0;
}

__u32 map_value_room(const struct bpf_map_info *info)
{
	switch (info->type) {
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		return (info->value_size + 7) / 8 * 8 *
		       libbpf_num_possible_cpus();
	default:
		return info->value_size;
	}
}
