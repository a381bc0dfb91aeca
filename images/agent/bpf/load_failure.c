// SPDX-License-Identifier: GPL-2.0
/*
 * Which system call of a load failed. libbpf returns one errno for all of its
 * steps, and names the step only in what it prints: in 1.1 and in current
 * versions "map 'M': failed to create: .." (bpf_object__create_maps) and
 * "prog 'P': BPF program load failed: .." (bpf_object_load_prog). Whatever
 * else fails is libbpf's own: a relocation, a missing type.
 */
#include <stdio.h>
#include <string.h>
#include "bpf/load_failure.h"

#define MAP_FAILED	"': failed to create"
#define PROG_FAILED	"BPF program load failed"

/* The name of the map that was not created, or false. */
static bool failed_map(const char *printed, char name[64])
{
	const char *end = printed ? strstr(printed, MAP_FAILED) : NULL;
	const char *from = end;

	if (!end)
		return false;
	while (from > printed && from[-1] != '\'')
		from--;
	snprintf(name, 64, "%.*s", (int)(end - from), from);
	return true;
}

void load_failure(struct request *rq, int err, const char *program,
		  const char *printed, const char *log)
{
	char map[64];

	if (*log || (printed && strstr(printed, PROG_FAILED)))
		fault_kernel(rq, err, "bpf(BPF_PROG_LOAD)",
			     "loading program '%s'", program);
	else if (failed_map(printed, map))
		fault_kernel(rq, err, "bpf(BPF_MAP_CREATE)",
			     "creating map '%s' of program '%s'", map, program);
	else
		fault_agent(rq, "bpf_object__load",
			    "libbpf cannot load program '%s': %s", program,
			    strerror(-err));
}
