/* SPDX-License-Identifier: GPL-2.0 */
/* The state of a CPU that must change so that a hog starves it. */
#ifndef CPU_STARVE_H
#define CPU_STARVE_H

#include <sys/types.h>
#include "core/request.h"

#define HOG_PRIORITY	1

/*
 * Since 6.12 a server runs ordinary tasks for 5 % of a CPU's time all the same.
 * off returns its runtime in *runtime, or NULL where there is none, and records
 * a fault where it cannot be turned off; on restores and frees it.
 */
int fair_server_off(struct request *rq, int cpu, char **runtime);
void fair_server_on(int cpu, char *runtime);
/*
 * Deferred softirqs run in threads: ksoftirqd, and with PREEMPT_RT rcuc and
 * ktimers. Until they have run, an interrupt of the agent's port on that CPU
 * cuts the guest off, and no RCU grace period ends. So they get a higher
 * priority than a hog; back undoes it.
 */
#define SOFTIRQ_TASKS	4

struct saved_task {
	pid_t tid;
	int policy;
	int priority;
};

void softirqs_first(int cpu, struct saved_task saved[SOFTIRQ_TASKS]);
void softirqs_back(const struct saved_task saved[SOFTIRQ_TASKS]);

#endif /* CPU_STARVE_H */
