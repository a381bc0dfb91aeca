/* SPDX-License-Identifier: GPL-2.0 */
/* Where the calling thread runs, and before which others. */
#ifndef CPU_PIN_H
#define CPU_PIN_H

#include "core/request.h"

/* Puts the calling thread on one CPU. */
int cpu_pin(struct request *rq, int cpu);
/* Lets it run anywhere again, except where a hog spins. */
void cpu_unpin(void);
/* Runs it before every ordinary task: SCHED_FIFO, with a priority of 1 to 99. */
int cpu_realtime(struct request *rq, int priority);
/* Makes it an ordinary task again. */
void cpu_ordinary(void);

#endif /* CPU_PIN_H */
