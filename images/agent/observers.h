/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OBSERVERS_H
#define OBSERVERS_H

#include <bpf/libbpf.h>
#include <jansson.h>

/* All rows of the observers' maps, as ObserverRows but for "lost". */
json_t *observer_rows(const struct bpf_object *obj);

#endif /* OBSERVERS_H */
