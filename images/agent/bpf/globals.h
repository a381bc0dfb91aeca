/* SPDX-License-Identifier: GPL-2.0 */
/* Initial values of global variables. */
#ifndef BPF_GLOBALS_H
#define BPF_GLOBALS_H

#include <bpf/libbpf.h>
#include "core/request.h"

/*
 * Stores a list of {section, offset, hex} into the global variables of an
 * object that is open and not loaded; globals may be NULL. The client, which
 * knows the types, has made the bytes.
 */
int set_globals(struct request *rq, struct bpf_object *obj, json_t *globals);

#endif /* BPF_GLOBALS_H */
