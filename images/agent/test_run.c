// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TEST_RUN, also with live frames (5.18 and later). Older kernels
 * ignore that flag, and would run the program without sending anything; they
 * refuse a batch size, so live frames are never asked for without one.
 */
#include <errno.h>
#include <stdlib.h>
#include <bpf/bpf.h>
#include "bpf_util.h"
#include "cpu.h"
#include "handles.h"
#include "ops.h"

/* What the kernel takes for 0 with live frames: NAPI_POLL_WEIGHT. */
#define LIVE_BATCH 64

int op_test_run(struct request *rq)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	long long repeat = 1, batch = 0, cpu = -1;
	struct xdp_md ctx = {};
	struct handle prog;
	bool live = false;
	const char *dev;
	int err, ifindex;
	uint8_t *data;
	size_t len;

	if (handle_arg(rq, "program", HANDLE_PROG, &prog) ||
	    arg_opt_int(rq, "repeat", 0, UINT32_MAX, &repeat) ||
	    arg_opt_int(rq, "batch", 0, UINT32_MAX, &batch) ||
	    arg_opt_int(rq, "cpu", 0, CPU_MAX, &cpu) ||
	    arg_opt_bool(rq, "live", &live))
		return -EINVAL;
	if (arg_given(rq, "dev")) {
		err = arg_dev(rq, &dev, &ifindex);
		if (err)
			return err;
		ctx.ingress_ifindex = ifindex;
		opts.ctx_in = &ctx;
		opts.ctx_size_in = sizeof(ctx);
	}
	err = arg_hex(rq, "data", &data, &len);
	if (err)
		return err;
	ctx.data_end = len;
	opts.data_in = data;
	opts.data_size_in = len;
	opts.repeat = repeat;
	opts.batch_size = live && !batch ? LIVE_BATCH : batch;
	opts.flags = live ? BPF_F_TEST_XDP_LIVE_FRAMES : 0;
	/* The kernel takes no CPU for XDP: it runs where the caller is. */
	err = cpu >= 0 ? cpu_pin(rq, cpu) : 0;
	if (!err) {
		err = bpf_prog_test_run_opts(prog.fd, &opts);
		if (err)
			fault_kernel(rq, err, "bpf(BPF_PROG_TEST_RUN)",
				     "running program '%s' %lld times%s",
				     prog.name, repeat,
				     live ? " with live frames" : "");
		else
			rq->answer = json_pack("{s:I,s:I}", "retval",
					       (json_int_t)opts.retval,
					       "duration_ns",
					       (json_int_t)opts.duration);
	}
	if (cpu >= 0)
		cpu_unpin();
	free(data);
	return err;
}
