/* SPDX-License-Identifier: GPL-2.0 */
/* Scheduling policies by name. */
#ifndef CPU_POLICY_H
#define CPU_POLICY_H

/* All names, NULL at the end. */
extern const char *const policy_words[];
/* The kernel's number of the policy with this index in policy_words. */
int policy_number(int word);
/* The name of what sched_getscheduler() returned. */
const char *policy_name(int policy);

#endif /* CPU_POLICY_H */
