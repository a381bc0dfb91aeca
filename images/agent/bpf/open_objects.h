/* SPDX-License-Identifier: GPL-2.0 */
/* Opening object files, and the objects that a session keeps open. */
#ifndef BPF_OPEN_OBJECTS_H
#define BPF_OPEN_OBJECTS_H

#include <bpf/libbpf.h>
#include "core/request.h"

struct object_source {
	const char *object;	/* a path in the guest, or */
	const char *object_data; /* the file in base64 */
	const char *name;	/* begins the names of maps of variables */
};

/* Opens an object; a fault has what libbpf printed. */
int object_open(struct request *rq, const struct object_source *source,
		struct bpf_object **obj);

/*
 * Keeps a loaded object until the session ends: links are made from its
 * programs. Closes it when there is no room.
 */
int object_keep(struct request *rq, struct bpf_object *obj);

#endif /* BPF_OPEN_OBJECTS_H */
