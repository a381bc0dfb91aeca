/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIMITS_H
#define LIMITS_H

#include "request.h"

/* Leaves the thread only the capabilities of argument "caps"; and undoes it. */
int caps_take(struct request *rq);
void caps_give_back(void);

#endif /* LIMITS_H */
