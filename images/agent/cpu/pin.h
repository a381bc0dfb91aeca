/* SPDX-License-Identifier: GPL-2.0 */
/* Where the calling thread runs. */
#ifndef CPU_PIN_H
#define CPU_PIN_H

#include "core/request.h"

/* Puts the calling thread on one CPU. */
int cpu_pin(struct request *rq, int cpu);
/* Lets it run anywhere again, except where a hog spins. */
void cpu_unpin(void);

#endif /* CPU_PIN_H */
