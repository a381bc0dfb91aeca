// SPDX-License-Identifier: GPL-2.0
/* On which NUMA node cpumap.c puts the array of a map, an entry and an entry's thread. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Of a map with SLOTS slots: no other array of this size is made meanwhile. */
#define SLOTS 37

__s32 array = -2;
__s32 entry = -2;
__s32 thread = -2;

SEC("kprobe/bpf_map_area_alloc")
int BPF_KPROBE(on_array, __u64 size, int node)
{
	if (size == SLOTS * sizeof(void *))
		array = node;
	return 0;
}

SEC("kprobe/bpf_map_kmalloc_node")
int BPF_KPROBE(on_entry, struct bpf_map *map, size_t size, gfp_t flags, int node)
{
	if (BPF_CORE_READ(map, map_type) == BPF_MAP_TYPE_CPUMAP)
		entry = node;
	return 0;
}

SEC("kprobe/kthread_create_on_node")
int BPF_KPROBE(on_thread, void *run, void *data, int node, const char *name)
{
	char start[8] = {};

	bpf_probe_read_kernel_str(start, sizeof(start), name);
	if (start[0] == 'c' && start[1] == 'p' && start[2] == 'u' &&
	    start[3] == 'm' && start[4] == 'a' && start[5] == 'p')
		thread = node;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
