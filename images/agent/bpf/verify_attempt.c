// SPDX-License-Identifier: GPL-2.0
/* One load of one program of the kept object, to see what is said of it. */
#include <stdlib.h>
#include <bpf/libbpf.h>
#include "bpf/libbpf_log.h"
#include "bpf/object.h"
#include "bpf/verify_attempt.h"

void attempt_free(struct attempt *attempt)
{
	free(attempt->log);
	free(attempt->printed);
}

static int load(struct request *rq, struct attempt *attempt,
		struct bpf_object *obj, struct bpf_program *prog)
{
	attempt->log = malloc(attempt->log_size);
	if (!attempt->log)
		return fault_agent(rq, "malloc", "no memory for a log");
	*attempt->log = 0;
	bpf_program__set_log_buf(prog, attempt->log, attempt->log_size);
	bpf_program__set_log_level(prog, attempt->log_level);
	libbpf_log_start();
	attempt->err = bpf_object__load(obj);
	attempt->printed = libbpf_log_take();
	attempt->insns = bpf_program__insn_cnt(prog);
	attempt->attach_type = bpf_program__expected_attach_type(prog);
	if (attempt->err)
		return 0;
	return object_info(rq, bpf_program__fd(prog), &attempt->info,
			   sizeof(attempt->info));
}

int attempt_run(struct request *rq, struct attempt *attempt,
		const struct verify_choice *choice)
{
	struct bpf_program *prog;
	struct bpf_object *obj;
	int err;

	err = verify_object_open(rq, &obj);
	if (err)
		return err;
	err = verify_object_choose(rq, obj, choice, &prog);
	if (!err)
		err = load(rq, attempt, obj, prog);
	bpf_object__close(obj);
	return err;
}
