/* SPDX-License-Identifier: GPL-2.0 */
/* The object whose programs are verified one by one. */
#ifndef BPF_VERIFY_OBJECT_H
#define BPF_VERIFY_OBJECT_H

#include <bpf/libbpf.h>
#include "core/request.h"

/* What of the object is to be loaded. */
struct verify_choice {
	const char *program;
	long long type;		/* of the program; -1: its section's */
	const json_t *with;	/* names of further programs, or NULL */
	const json_t *maps;	/* names of the maps to create; NULL: all */
};

/* Takes over the bytes, instead of those before; NULL for none. */
void verify_object_keep(void *bytes, size_t size);
/* Opens what is kept anew. libbpf's words are the fault's log. */
int verify_object_open(struct request *rq, struct bpf_object **obj);
/* Only what is chosen will be created and loaded; nothing is pinned. */
int verify_object_choose(struct request *rq, struct bpf_object *obj,
			 const struct verify_choice *choice,
			 struct bpf_program **prog);

#endif /* BPF_VERIFY_OBJECT_H */
