/* SPDX-License-Identifier: GPL-2.0 */
/* Which programs a load takes, as what, and what those of type EXT replace. */
#ifndef BPF_LOAD_PROGRAMS_H
#define BPF_LOAD_PROGRAMS_H

#include <bpf/libbpf.h>
#include "core/request.h"

/* The program of this name; a fault names the argument and all there are. */
int program_named(struct request *rq, struct bpf_object *obj, const char *arg,
		  const char *name, struct bpf_program **prog);

/* Only the programs of a list of names are loaded. */
int choose_programs(struct request *rq, struct bpf_object *obj,
		    const char *arg, json_t *names);

/* types is {program: libbpf's name of its type}, or NULL. */
int set_types(struct request *rq, struct bpf_object *obj, json_t *types);

/*
 * targets is {program: {program: handle, function}}, or NULL: what programs
 * replace or trace. Without function it is what their section says.
 */
int set_targets(struct request *rq, struct bpf_object *obj, json_t *targets);

#endif /* BPF_LOAD_PROGRAMS_H */
