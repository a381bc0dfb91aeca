/* SPDX-License-Identifier: GPL-2.0 */
/* Enumerations of bpf(2) as arguments, by name or number. */
#ifndef BPF_ENUM_NAME_H
#define BPF_ENUM_NAME_H

#include <linux/bpf.h>
#include "core/args.h"

/*
 * A number, or a name as libbpf spells it: "cpumap", "xdp_cpumap". The member
 * is a long long; its default should be -1, for "absent".
 */
#define ARG_MAP_TYPE(owner, member, ...)			\
	ARG_OF(ARG_TYPE_ANY, owner, member, long long,		\
	       .parse = map_type_parse, __VA_ARGS__)
#define ARG_PROG_TYPE(owner, member, ...)			\
	ARG_OF(ARG_TYPE_ANY, owner, member, long long,		\
	       .parse = prog_type_parse, __VA_ARGS__)
#define ARG_ATTACH_TYPE(owner, member, ...)			\
	ARG_OF(ARG_TYPE_ANY, owner, member, long long,		\
	       .parse = attach_type_parse, __VA_ARGS__)

int map_type_parse(struct request *rq, const struct arg *arg, json_t *value,
		   void *to);
int prog_type_parse(struct request *rq, const struct arg *arg, json_t *value,
		    void *to);
/* The number of a program type's name; a fault names the argument. */
int prog_type_named(struct request *rq, const char *arg, const char *name,
		    enum bpf_prog_type *type);
int attach_type_parse(struct request *rq, const struct arg *arg,
		      json_t *value, void *to);

#endif /* BPF_ENUM_NAME_H */
