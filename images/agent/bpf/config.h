/* SPDX-License-Identifier: GPL-2.0 */
/* Initial values of global variables. */
#ifndef BPF_CONFIG_H
#define BPF_CONFIG_H

#include <bpf/libbpf.h>
#include "core/request.h"

/*
 * Stores {variable: integer or boolean} into the global variables of an
 * object that is open and not loaded; config may be NULL.
 */
int load_config(struct request *rq, struct bpf_object *obj, json_t *config);

#endif /* BPF_CONFIG_H */
