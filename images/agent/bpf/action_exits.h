/* SPDX-License-Identifier: GPL-2.0 */
/* Counts what XDP programs return on a kernel without a JIT compiler. */
#ifndef BPF_ACTION_EXITS_H
#define BPF_ACTION_EXITS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <bpf/libbpf.h>
#include "core/request.h"

/* The map that a counting program writes to: BPFRIG_ACTIONS times __u64. */
#define ACTION_EXITS_MAP	"bpfrig_actions"

/* How many instructions are added to a program. */
#define ACTION_EXITS_ADDED	10

/* The maps of an object's programs, open until these are loaded. */
struct action_exits {
	int *map_fds;
	size_t n;
};

/*
 * Before an object is loaded: each of its XDP programs that is to be loaded
 * gets a map, and counts in it what it returns. Does nothing on a kernel that
 * has a JIT compiler, where an fexit program counts. A program that makes tail
 * calls, or is too long, is left as it is. Whatever it returns, the maps have
 * to be closed when the object is loaded: each program then holds its own.
 */
int count_at_exits(struct request *rq, struct bpf_object *obj,
		   struct action_exits *exits);
void action_exits_close(struct action_exits *exits);

/*
 * Makes a program of n instructions, in a buffer with room for
 * ACTION_EXITS_ADDED more, count in the map. False: it is left as it is.
 */
bool add_counting(struct bpf_insn *insns, size_t n, int map_fd);

/*
 * The descriptor of the map of a program that counts, to be closed; -ENOENT for
 * one that does not.
 */
int action_exits_map(int prog_fd);

#endif /* BPF_ACTION_EXITS_H */
