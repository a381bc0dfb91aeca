/* SPDX-License-Identifier: GPL-2.0 */
/* Tasks as /proc shows them. */
#ifndef CPU_TASK_H
#define CPU_TASK_H

#include <stdbool.h>
#include <sys/types.h>

struct task {
	pid_t tid;
	bool kernel;
	char state;
	char comm[64];
};

/* Calls each(task) for every task, threads of a process included. */
void task_each(void (*each)(const struct task *task, void *data), void *data);

#endif /* CPU_TASK_H */
