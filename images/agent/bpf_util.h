/* SPDX-License-Identifier: GPL-2.0 */
/* What several of the bpf ops need. */
#ifndef BPF_UTIL_H
#define BPF_UTIL_H

#include <linux/bpf.h>
#include "handles.h"
#include "request.h"

/* The object files in the guest. */
#define BPF_DIR "/bpf/"

/* bpf(BPF_OBJ_GET_INFO_BY_FD); info is zeroed first. */
int object_info(struct request *rq, int fd, void *info, __u32 size);

/* Bytes of a lookup's value: per-CPU maps give one for each possible CPU. */
__u32 map_value_room(const struct bpf_map_info *info);

/* Starts a handle from argument "name", which must not be taken. */
int handle_new(struct request *rq, enum handle_kind kind,
	       struct handle *handle);

/* A number, or a name as libbpf spells it: "cpumap", "xdp_cpumap". */
int arg_enum(struct request *rq, const char *name,
	     const char *(*spell)(unsigned int), long long *value);

/* The ifindex of the device that argument "dev" names. */
int arg_dev(struct request *rq, const char **dev, int *ifindex);

/*
 * What libbpf prints in this thread from here on (netlink's extended
 * acknowledgement is only to be had there); taken as a malloc'd string.
 */
void libbpf_log_start(void);
char *libbpf_log_take(void);

/* A program's fdinfo or a map's, as an object of numbers and strings. */
json_t *json_fdinfo(int fd);

#endif /* BPF_UTIL_H */
