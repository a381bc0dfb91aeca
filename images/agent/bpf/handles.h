/* SPDX-License-Identifier: GPL-2.0 */
/* The maps and programs of a session, by the name that the client chose. */
#ifndef BPF_HANDLES_H
#define BPF_HANDLES_H

#include <linux/types.h>
#include "core/args.h"

struct bpf_map;
struct bpf_object;
struct bpf_program;

enum handle_kind {
	HANDLE_NONE,		/* an argument that is absent */
	HANDLE_MAP,
	HANDLE_PROG,
};

struct handle {
	enum handle_kind kind;
	char name[256];
	int fd;
	__u32 id;
	__u32 type;
	__u32 key_size;		/* maps only */
	__u32 value_size;	/* of a lookup: all CPUs' of a per-CPU map */
	char function[128];	/* programs only: the name in the object */
	__u32 function_id;	/* and its id in the object's BTF, 0 without */
	bool plain;		/* is_xdp_prototype() in bpf/kernel_btf.h */
	/* Of an object that is kept open until the session ends, else NULL. */
	struct bpf_object *object;
	struct bpf_program *prog;	/* programs only */
	struct bpf_map *map;		/* maps only */
};

/* The name of an open handle: the member becomes a copy of the handle. */
#define ARG_MAP(owner, member, ...)				\
	ARG_OF(ARG_TYPE_STR, owner, member, struct handle,	\
	       .parse = map_parse, __VA_ARGS__)
#define ARG_PROGRAM(owner, member, ...)				\
	ARG_OF(ARG_TYPE_STR, owner, member, struct handle,	\
	       .parse = program_parse, __VA_ARGS__)
/* The name of a handle to make. */
#define ARG_NEW_NAME(owner, member, ...)			\
	ARG_OF(ARG_TYPE_STR, owner, member, const char *,	\
	       .parse = new_name_parse, __VA_ARGS__)

int map_parse(struct request *rq, const struct arg *arg, json_t *value,
	      void *to);
int program_parse(struct request *rq, const struct arg *arg, json_t *value,
		  void *to);
int new_name_parse(struct request *rq, const struct arg *arg, json_t *value,
		   void *to);

/* Starts a handle of this name, which must not be taken. */
int handle_new(struct request *rq, enum handle_kind kind, const char *name,
	       struct handle *handle);
/* Takes over the fd; a name that is already taken is a request fault. */
int handle_add(struct request *rq, const struct handle *handle);
/* arg is the argument that a fault names. */
int handle_find(struct request *rq, const char *arg, const char *name,
		enum handle_kind kind, struct handle *copy);

/* Closes all handles of an object that was kept open. */
void handles_close_of(const struct bpf_object *object);

#endif /* BPF_HANDLES_H */
