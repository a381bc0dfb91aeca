/* SPDX-License-Identifier: GPL-2.0 */
/* The maps and programs of a session, by the name that the client gave. */
#ifndef HANDLES_H
#define HANDLES_H

#include <linux/types.h>
#include "request.h"

enum handle_kind {
	HANDLE_MAP,
	HANDLE_PROG,
};

struct handle {
	enum handle_kind kind;
	char name[64];
	int fd;
	__u32 id;
	__u32 type;
	__u32 key_size;		/* maps only */
	__u32 value_size;	/* of a lookup: per-CPU maps give all CPUs' */
	char function[128];	/* programs only: the name in the object */
};

/* Takes the fd over; a name that is taken already is a request fault. */
int handle_add(struct request *rq, const struct handle *handle);
/* A copy of the handle that argument "arg" of the request names. */
int handle_arg(struct request *rq, const char *arg, enum handle_kind kind,
	       struct handle *copy);
int handle_find(struct request *rq, const char *name, enum handle_kind kind,
		struct handle *copy);
bool handle_exists(const char *name, enum handle_kind kind);
int handle_close(struct request *rq, const char *name, enum handle_kind kind);
void handles_drop(void);

#endif /* HANDLES_H */
