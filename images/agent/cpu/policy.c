// SPDX-License-Identifier: GPL-2.0
/* Scheduling policies by name. */
#include <sched.h>
#include <stddef.h>
#include "cpu/policy.h"

const char *const policy_words[] = {
	"other", "fifo", "rr", "batch", "idle", NULL,
};

static const int numbers[] = {
	SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE,
};

int policy_number(int word)
{
	return numbers[word];
}

const char *policy_name(int policy)
{
	int i;

	for (i = 0; policy_words[i]; i++)
		if (numbers[i] == (policy & ~SCHED_RESET_ON_FORK))
			return policy_words[i];
	return "unknown";
}
