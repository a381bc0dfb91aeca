/* SPDX-License-Identifier: GPL-2.0 */
/* The steps of load that have a file of their own. */
#ifndef LOAD_H
#define LOAD_H

#include <bpf/libbpf.h>
#include "request.h"

/* load_options.c: arguments type, expected_attach, frags and dev_bound. */
int load_options(struct request *rq, struct bpf_program *prog);

/* config.c: argument "config" into the object's global variables. */
int load_config(struct request *rq, struct bpf_object *obj);

/* base64.c: malloc'd bytes, or NULL when it is not base64. */
void *base64_decode(const char *text, size_t *len);

#endif /* LOAD_H */
