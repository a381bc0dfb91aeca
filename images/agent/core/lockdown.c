// SPDX-License-Identifier: GPL-2.0
/* Whether the kernel is locked down: kernel_lockdown(7). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include "core/file.h"
#include "core/lockdown.h"

#define SECURITYFS	"/sys/kernel/security"

void lockdown_of(const char *text, char level[32])
{
	const char *from = strchr(text, '[');
	const char *to = from ? strchr(from, ']') : NULL;

	*level = 0;
	if (to)
		snprintf(level, 32, "%.*s", (int)(to - from - 1), from + 1);
}

void fault_explain_lockdown(struct request *rq)
{
	char level[32], *text, *end;
	size_t len;

	mount("securityfs", SECURITYFS, "securityfs", 0, NULL);
	if (file_slurp(SECURITYFS "/lockdown", &text, &len))
		return;
	lockdown_of(text, level);
	free(text);
	if (!*level || !strcmp(level, "none"))
		return;
	end = rq->fault.message + strlen(rq->fault.message);
	snprintf(end, sizeof(rq->fault.message) - strlen(rq->fault.message),
		 " (the kernel is locked down: %s)", level);
}
