/* SPDX-License-Identifier: GPL-2.0 */
/* Whether the kernel is locked down: kernel_lockdown(7). */
#ifndef CORE_LOCKDOWN_H
#define CORE_LOCKDOWN_H

#include "core/request.h"

/*
 * Adds to the message of a fault that the kernel is locked down, where it is:
 * "integrity" closes debugfs, "confidentiality" also tracefs, and bpf(2)
 * refuses programs that read the kernel's memory by a helper.
 */
void fault_explain_lockdown(struct request *rq);

/* The word in brackets: "none [integrity] confidentiality"; "" without one. */
void lockdown_of(const char *text, char level[32]);

#endif /* CORE_LOCKDOWN_H */
