/* SPDX-License-Identifier: GPL-2.0 */
/* Loading an object that is open, and handles of what it holds then. */
#ifndef BPF_LOADED_H
#define BPF_LOADED_H

#include <bpf/libbpf.h>
#include "bpf/handles.h"
#include "core/request.h"

/*
 * bpf_object__load(). A fault names the system call and the program or map,
 * and has the verifier's log, or what libbpf printed. what is what is loaded:
 * "program 'p'".
 */
int load_opened(struct request *rq, struct bpf_object *obj, const char *what);

/*
 * A handle of its own descriptor for a loaded program, or for a map of a
 * loaded object, under this name. keep: the object stays open, and the handle
 * refers to it.
 */
int add_program(struct request *rq, struct bpf_object *obj,
		struct bpf_program *prog, const char *name, bool keep,
		struct bpf_prog_info *info);
int add_map(struct request *rq, struct bpf_object *obj, struct bpf_map *map,
	    const char *name, bool keep, struct bpf_map_info *info);

#endif /* BPF_LOADED_H */
