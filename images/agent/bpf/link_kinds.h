/* SPDX-License-Identifier: GPL-2.0 */
/* The ways in which a program is attached, and how each is undone. */
#ifndef BPF_LINK_KINDS_H
#define BPF_LINK_KINDS_H

#include <bpf/libbpf.h>
#include "bpf/handles.h"
#include "net/device.h"

/* Where a program is to be attached: the arguments of link_attach. */
struct place {
	const char *name;
	int kind;		/* index into link_kinds */
	struct handle program;
	long long attach_type;	/* of the program's section */
	struct device dev;
	int mode;		/* of XDP */
	long long flags;	/* of XDP, besides the mode's */
	int order;		/* of tcx and netkit: index into order_words */
	const char *relative;	/* what it is before or after; NULL: all */
	int relative_fd;	/* the link of that; 0 without one */
	struct handle map;
	struct handle target;	/* of an EXT program */
	const char *function;
	const char *path;
	long long priority;
	long long family;	/* of netfilter */
	long long hook;
	long long frequency;	/* of perf events, in Hz */
};

/* What is attached. undo() releases all of it. */
struct attachment {
	char name[64];
	void (*undo)(struct attachment *it);
	int fd;			/* of the kernel's link; -1 without one */
	struct bpf_link *link;	/* libbpf's, or NULL */
	int program_fd;		/* own descriptors of what is not a link */
	int map_fd;
	int attach_type;
	int ifindex;
	__u32 handle;		/* tc */
	__u32 priority;
	bool made_hook;
	int *fds;		/* perf events */
	size_t n_fds;
	char path[128];		/* of a pin */
	/* Of a failure: the system call, if it is not that of the kind, or */
	const char *call;
	const char *wrong;	/* what is wrong with the request */
};

/* What a kind needs of a place. */
enum {
	NEEDS_DEV = 1 << 0,
	NEEDS_MAP = 1 << 1,
	NEEDS_PATH = 1 << 2,
	NEEDS_OPEN = 1 << 3,	/* the program's object is open */
	NEEDS_NO_PROGRAM = 1 << 4,
};

struct link_kind {
	const char *name;
	/* The system call that refuses it; NULL: what libbpf prints says. */
	const char *call;
	int needs;
	/*
	 * Returns 0, or a negative errno. *it has no descriptors at first;
	 * the caller calls undo(), if it is set, also after an error.
	 */
	int (*attach)(const struct place *place, struct attachment *it);
};

extern const struct link_kind link_kinds[];
/* Their names, in the same order; NULL at the end. */
extern const char *const link_kind_words[];
extern const char *const xdp_mode_words[];
/* Where among the programs that are on the device already. */
extern const char *const order_words[];

/* Kinds that are no links of the kernel: link_old.c. */
int attach_tc(const struct place *place, struct attachment *it);
int attach_sockmap(const struct place *place, struct attachment *it);
int attach_perf_event(const struct place *place, struct attachment *it);
int attach_pin(const struct place *place, struct attachment *it);

#endif /* BPF_LINK_KINDS_H */
