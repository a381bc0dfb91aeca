/* SPDX-License-Identifier: GPL-2.0 */
/* Which maps a load creates. */
#ifndef BPF_LOAD_MAPS_H
#define BPF_LOAD_MAPS_H

#include <bpf/libbpf.h>
#include "core/request.h"

/*
 * Which maps of an open object are created by its load: the internal ones,
 * those in the list create, and no others. maps is {map: handle}, the ones
 * that exist already. Both may be NULL.
 */
int choose_maps(struct request *rq, struct bpf_object *obj, json_t *create,
		json_t *maps);

/* Maps of an open object that exist already: {map: handle}, or NULL. */
int reuse_maps(struct request *rq, struct bpf_object *obj, json_t *maps);

/* Maps of an open object that get another size: {map: entries}, or NULL. */
int resize_maps(struct request *rq, struct bpf_object *obj, json_t *sizes);

#endif /* BPF_LOAD_MAPS_H */
