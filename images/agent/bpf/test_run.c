// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TEST_RUN, also with live frames (5.18 and later). Older kernels
 * ignore that flag, and would run the program without sending anything; they
 * refuse a batch size, so a request for live frames always has one.
 */
#include <stdlib.h>
#include <bpf/bpf.h>
#include "bpf/handles.h"
#include "core/json.h"
#include "core/op.h"
#include "cpu/cpus.h"
#include "cpu/pin.h"
#include "net/device.h"

/* A program can make a packet longer by as much as it has room before it. */
#define GROWS_BY 512

/* As much data_out as a request may ask for. */
#define MAX_ROOM (1 << 20)

/* The kernel's default with live frames: NAPI_POLL_WEIGHT. */
#define LIVE_BATCH 64

struct test_run {
	struct handle program;
	struct bytes data;	/* absent: the program takes no packet */
	struct bytes ctx;
	long long repeat;
	bool live;
	long long batch;	/* 0: the default */
	long long flags;	/* any, as they stand */
	long long room;		/* bytes for data_out; -1: enough */
	struct device dev;
	long long cpu;		/* -1: not pinned */
	long long priority;	/* 0: an ordinary task */
};

static const struct test_run defaults = { .repeat = 1, .room = -1, .cpu = -1 };

static const struct arg test_run_args[] = {
	ARG_PROGRAM(struct test_run, program, REQUIRED),
	ARG_HEX(struct test_run, data),
	ARG_HEX(struct test_run, ctx),
	ARG_INT(struct test_run, repeat, 0, UINT32_MAX),
	ARG_BOOL(struct test_run, live),
	ARG_INT(struct test_run, batch, 0, UINT32_MAX),
	ARG_INT(struct test_run, flags, 0, UINT32_MAX),
	ARG_INT(struct test_run, room, 1, MAX_ROOM),
	ARG_DEVICE(struct test_run, dev),
	ARG_INT(struct test_run, cpu, 0, CPU_MAX),
	ARG_INT(struct test_run, priority, 1, 99),
};

static size_t room(const struct test_run *args)
{
	return args->room >= 0 ? (size_t)args->room :
				 args->data.len + GROWS_BY;
}

/* Live frames return no packet: who asks for room asks the kernel to refuse. */
static bool wants_packet(const struct test_run *args, bool live)
{
	return args->data.data && (!live || args->room >= 0);
}

static int run(struct request *rq, const struct test_run *args,
	       void *data_out)
{
	bool live = args->live || (args->flags & BPF_F_TEST_XDP_LIVE_FRAMES);
	struct xdp_md ctx = {
		.data_end = args->data.len,
		.ingress_ifindex = args->dev.ifindex,
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = args->data.data,
		    .data_size_in = args->data.len, .repeat = args->repeat,
		    .batch_size = args->batch, .flags = args->flags);
	int err;

	if (args->ctx.data) {
		opts.ctx_in = args->ctx.data;
		opts.ctx_size_in = args->ctx.len;
	} else if (args->dev.name) {
		opts.ctx_in = &ctx;
		opts.ctx_size_in = sizeof(ctx);
	}
	if (args->live) {
		opts.flags |= BPF_F_TEST_XDP_LIVE_FRAMES;
		if (!args->batch)
			opts.batch_size = LIVE_BATCH;
	}
	if (wants_packet(args, live)) {
		opts.data_out = data_out;
		opts.data_size_out = room(args);
		/* Over its input: the kernel has read that by then. */
		opts.ctx_out = args->ctx.data;
		opts.ctx_size_out = args->ctx.len;
	}
	err = bpf_prog_test_run_opts(args->program.fd, &opts);
	if (err)
		return fault_kernel(rq, err, "bpf(BPF_PROG_TEST_RUN)",
				    "running program '%s' %lld times%s",
				    args->program.name, args->repeat,
				    live ? " with live frames" : "");
	rq->answer = json_pack("{s:I,s:I}", "retval", (json_int_t)opts.retval,
			       "duration_ns", (json_int_t)opts.duration);
	if (wants_packet(args, live))
		json_object_set_new(rq->answer, "data_out",
				    json_hex(data_out, opts.data_size_out));
	/* A syscall program changes it in place. */
	if (args->ctx.data)
		json_object_set_new(rq->answer, "ctx_out",
				    json_hex(args->ctx.data, args->ctx.len));
	return 0;
}

static int op_test_run(struct request *rq, const void *data)
{
	const struct test_run *args = data;
	void *data_out = malloc(room(args));
	int err;

	if (!data_out)
		return fault_agent(rq, "malloc", "out of memory");
	/* First: it comes to its CPU as the task that it is there. */
	err = args->priority ? cpu_realtime(rq, args->priority) : 0;
	/* The kernel accepts no CPU for XDP: it runs where the caller is. */
	if (!err && args->cpu >= 0)
		err = cpu_pin(rq, args->cpu);
	if (!err)
		err = run(rq, args, data_out);
	free(data_out);
	if (args->cpu >= 0)
		cpu_unpin();
	if (args->priority)
		cpu_ordinary();
	return err;
}

static const struct op ops[] = {
	{ .name = "test_run", .run = op_test_run, .defaults = &defaults,
	  OP_ARGS(test_run_args, struct test_run) },
};

const struct module test_run_module = { .name = "test_run", MODULE_OPS(ops) };
