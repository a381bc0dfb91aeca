/* SPDX-License-Identifier: GPL-2.0 */
/* The table of all subsystems. */
#ifndef CORE_MODULES_H
#define CORE_MODULES_H

#include "core/op.h"

/* Returns NULL after the last op of the last module. */
const struct op *op_number(size_t i);
const struct op *op_find(const char *name);

/* In the reverse order of the table: what is dropped last is made first. */
void modules_prepare(void);
/* In the order of the table. */
void modules_abort(void);
void modules_drop(void);
void modules_describe(json_t *into);

#endif /* CORE_MODULES_H */
