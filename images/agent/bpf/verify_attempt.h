/* SPDX-License-Identifier: GPL-2.0 */
/* One load of one program of the kept object, to see what is said of it. */
#ifndef BPF_VERIFY_ATTEMPT_H
#define BPF_VERIFY_ATTEMPT_H

#include <linux/bpf.h>
#include "bpf/verify_object.h"

struct attempt {
	int log_level;
	size_t log_size;
	char *log;		/* the verifier's, or NULL before the load */
	char *printed;		/* libbpf's, or NULL */
	int err;		/* of the load */
	size_t insns;		/* as libbpf passes them to the kernel */
	int attach_type;
	struct bpf_prog_info info;	/* of a program that was loaded */
};

/*
 * Loads what is chosen and lets it go. Fails only where there is nothing to
 * say about the program; what the load returned is try->err.
 */
int attempt_run(struct request *rq, struct attempt *attempt,
		const struct verify_choice *choice);
void attempt_free(struct attempt *attempt);

#endif /* BPF_VERIFY_ATTEMPT_H */
