// SPDX-License-Identifier: GPL-2.0
/* Tasks as /proc shows them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "cpu/task.h"

#define PF_KTHREAD 0x00200000	/* include/linux/sched.h */

/* "pid (comm) state ppid pgrp session tty tpgid flags ..", any comm */
static int parse_stat(char *text, struct task *task)
{
	char *open = strchr(text, '('), *close = strrchr(text, ')');
	unsigned int flags;

	if (!open || !close || close < open)
		return -1;
	if (sscanf(close + 1, " %c %*d %*d %*d %*d %*d %u", &task->state,
		   &flags) != 2)
		return -1;
	*close = 0;
	snprintf(task->comm, sizeof(task->comm), "%s", open + 1);
	task->kernel = flags & PF_KTHREAD;
	return 0;
}

static void each_thread(const char *pid,
			void (*each)(const struct task *task, void *data),
			void *data)
{
	struct dirent *entry;
	struct task task;
	char path[600];
	size_t len;
	char *text;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		task.tid = atoi(entry->d_name);
		if (!task.tid)
			continue;
		snprintf(path, sizeof(path), "/proc/%s/task/%d/stat", pid,
			 task.tid);
		/* A task may be gone by now. */
		if (file_slurp(path, &text, &len))
			continue;
		if (!parse_stat(text, &task))
			each(&task, data);
		free(text);
	}
	if (dir)
		closedir(dir);
}

void task_each(void (*each)(const struct task *task, void *data), void *data)
{
	struct dirent *entry;
	DIR *dir;

	dir = opendir("/proc");
	while (dir && (entry = readdir(dir)))
		if (atoi(entry->d_name))
			each_thread(entry->d_name, each, data);
	if (dir)
		closedir(dir);
}
