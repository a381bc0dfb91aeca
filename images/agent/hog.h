/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOG_H
#define HOG_H

#include <stdbool.h>
#include <sys/types.h>

/* Does a hog of this session spin on the CPU? */
bool hog_has(int cpu);

#define HOG_PRIORITY	1

/*
 * Since 6.12 a server gives ordinary tasks 5 % of a CPU all the same. off
 * gives its runtime, or NULL where there is none; on takes it back and frees.
 */
char *fair_server_off(int cpu);
void fair_server_on(int cpu, char *runtime);
/*
 * Softirqs that are put off are for threads to do: ksoftirqd, and with
 * PREEMPT_RT rcuc and ktimers. Until they have run, an interrupt of the
 * management network on that CPU cuts the guest off, and no RCU grace period
 * ends. So they go before a hog; back undoes it.
 */
#define SOFTIRQ_TASKS	4

struct saved_task {
	pid_t tid;
	int policy;
	int priority;
};

void softirqs_first(int cpu, struct saved_task saved[SOFTIRQ_TASKS]);
void softirqs_back(const struct saved_task saved[SOFTIRQ_TASKS]);

#endif /* HOG_H */
