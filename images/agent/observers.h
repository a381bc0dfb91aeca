/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OBSERVERS_H
#define OBSERVERS_H

#include <bpf/libbpf.h>
#include <jansson.h>
#include "../../bpf/bpfrig.h"

/* All rows of the observers' maps, as ObserverRows but for "lost". */
json_t *observer_rows(const struct bpf_object *obj,
		      const struct bpfrig_observers *state);

#endif /* OBSERVERS_H */
