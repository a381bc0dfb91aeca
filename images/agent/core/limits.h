/* SPDX-License-Identifier: GPL-2.0 */
/* Capabilities of one request. */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#include "core/request.h"

/*
 * Leaves the thread only the capabilities of argument "caps". caps_restore()
 * must follow, also after a fault.
 */
int caps_take(struct request *rq);
void caps_restore(void);

#endif /* CORE_LIMITS_H */
