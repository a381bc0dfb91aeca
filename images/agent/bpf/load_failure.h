/* SPDX-License-Identifier: GPL-2.0 */
/* Which system call of a load failed. */
#ifndef BPF_LOAD_FAILURE_H
#define BPF_LOAD_FAILURE_H

#include "core/request.h"

/*
 * Records why bpf_object__load() returned err: the kernel's fault where a
 * system call failed, else the agent's. what is what was loaded: "program 'p'";
 * printed is what libbpf printed meanwhile, or NULL; log is the verifier's log,
 * which may be empty.
 */
void load_failure(struct request *rq, int err, const char *what,
		  const char *printed, const char *log);

#endif /* BPF_LOAD_FAILURE_H */
