// SPDX-License-Identifier: GPL-2.0
/* pktgen: one run of the kernel's packet generator. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpfrig.h"
#include "core/client.h"
#include "core/file.h"
#include "core/op.h"
#include "net/frame.h"
#include "net/pktgen.h"

/* pktgen starts all that is configured: there is one run at a time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct run {
	struct frame_args frame;
	long long burst;
	long long threads;
	const char *mode;
	json_t *commands;
};

static const struct run run_defaults = {
	.frame = FRAME_DEFAULTS, .burst = 1, .threads = 1,
	.mode = "start_xmit",
};

static const struct arg run_args[] = {
	FRAME_ARGS(struct run),
	FRAME_MAC_ARG(struct run),
	ARG_INT(struct run, burst, 1, 1000000),
	ARG_INT(struct run, threads, 1, 1024),
	ARG_STR(struct run, mode),
	ARG_STRINGS(struct run, commands),
};

static void device_name(const struct run *run, int thread, char name[64])
{
	snprintf(name, 64, "%s@%lld", run->frame.dev.name,
		 run->frame.cpu + thread);
}

/* One thread's device, with its part of the count. */
static int configure(struct request *rq, const struct run *run, int thread)
{
	const struct frame_args *frame = &run->frame;
	char kthread[64], dev[64];
	long long count, port;
	json_t *one;
	size_t i;

	count = frame->count / run->threads +
		(thread < frame->count % run->threads);
	/* Each thread numbers its packets itself, so its flows are its own. */
	port = BPFRIG_SPORT + frame->first_flow + thread * frame->flows;
	snprintf(kthread, sizeof(kthread), "kpktgend_%lld",
		 frame->cpu + thread);
	device_name(run, thread, dev);
	if (pktgen_set(rq, kthread, "add_device %s", dev) ||
	    pktgen_set(rq, dev, "count %lld", count) ||
	    pktgen_set(rq, dev, "clone_skb 0") ||
	    /* Else eight bytes of each frame are a time that nobody knows. */
	    pktgen_set(rq, dev, "flag NO_TIMESTAMP") ||
	    (frame->pps ? pktgen_set(rq, dev, "ratep %lld", frame->pps) :
			  pktgen_set(rq, dev, "delay 0")) ||
	    pktgen_set(rq, dev, "pkt_size %lld", frame->size) ||
	    pktgen_set(rq, dev, "dst_mac %s", frame->dst_mac) ||
	    pktgen_set(rq, dev, "src_min %s", frame->src_ip) ||
	    pktgen_set(rq, dev, "src_max %s", frame->src_ip) ||
	    pktgen_set(rq, dev, "dst_min %s", frame->dst_ip) ||
	    pktgen_set(rq, dev, "dst_max %s", frame->dst_ip) ||
	    pktgen_set(rq, dev, "udp_dst_min %d", BPFRIG_PORT) ||
	    pktgen_set(rq, dev, "udp_dst_max %d", BPFRIG_PORT) ||
	    pktgen_set(rq, dev, "udp_src_min %lld", port) ||
	    /* The maximum is exclusive, except where both are the same. */
	    pktgen_set(rq, dev, "udp_src_max %lld",
			port + (frame->flows > 1 ? frame->flows : 0)))
		return -EIO;
	/*
	 * Whatever comes before an ok, pktgen sends the same skb again. If the
	 * first packet is dropped (into a veth's ring that another thread has
	 * filled), that skb has lost its Ethernet header to veth, and loses 14
	 * bytes more each time. Setting this mode marks the last packet as ok.
	 */
	if (pktgen_set(rq, dev, "xmit_mode queue_xmit") ||
	    pktgen_set(rq, dev, "xmit_mode %s", run->mode))
		return -EIO;
	if (run->burst > 1 && pktgen_set(rq, dev, "burst %lld", run->burst))
		return -EIO;
	json_array_foreach(run->commands, i, one)
		if (pktgen_set(rq, dev, "%s", json_string_value(one)))
			return -EIO;
	return 0;
}

/*
 * "start" sleeps for an eighth of a second and then checks every tenth of one,
 * so a thread waits for it, and the answer does not.
 */
static struct {
	pthread_t thread;
	bool live;		/* to be joined */
	atomic_bool done;
	int err;
} starter;

static void *starter_main(void *data)
{
	(void)data;
	starter.err = file_put(PKTGEN_PROC "pgctrl", "start\n");
	starter.done = true;
	return NULL;
}

static void starter_join(void)
{
	if (starter.live)
		pthread_join(starter.thread, NULL);
	starter.live = false;
}

static bool ended(const char *dev)
{
	char result[128];

	pktgen_result(dev, result, sizeof(result));
	return pktgen_has_ended(result);
}

static void abort_pktgen(void)
{
	/* Without the module there is no such file, and nothing to stop. */
	file_put(PKTGEN_PROC "pgctrl", "stop\n");
}

/*
 * The client has left: stops what runs, and what is only about to. pktgen
 * forgets a "stop" that comes before the threads have taken up the "start".
 */
static int stop_started(struct request *rq)
{
	do {
		abort_pktgen();
		usleep(PKTGEN_POLL_US);
	} while (!starter.done);
	abort_pktgen();
	return fault_agent(rq, "pktgen", "the client is gone");
}

static int start_and_wait(struct request *rq, const struct run *run)
{
	char dev[64];
	int i, err, late_us = 0;

	starter.done = false;
	err = -pthread_create(&starter.thread, NULL, starter_main, NULL);
	if (err)
		return fault_agent(rq, "pthread_create", "%s", strerror(-err));
	starter.live = true;
	for (i = 0; i < run->threads && !client_check();) {
		device_name(run, i, dev);
		if (ended(dev)) {
			i++;
			continue;
		}
		/*
		 * "start" looks for running threads, and returns when it
		 * finds none: also when they have not started yet, on a slow
		 * host. The result is then still that of the last setting.
		 */
		if (starter.done && (starter.err || late_us >= PKTGEN_LATE_US))
			break;
		if (starter.done)
			late_us += PKTGEN_POLL_US;
		usleep(PKTGEN_POLL_US);
	}
	if (client_gone())
		return stop_started(rq);
	if (late_us >= PKTGEN_LATE_US)
		return fault_agent(rq, "pktgen", "%s has not ended %d s after "
				   "'start' returned", dev,
				   PKTGEN_LATE_US / 1000000);
	if (starter.done && starter.err)
		return fault_kernel(rq, starter.err, "pktgen",
				    "pktgen refused 'start' for pgctrl");
	return 0;
}

static int run_all(struct request *rq, const struct run *run)
{
	struct pktgen_sum sum = {};
	char dev[64];
	int i, err;

	starter_join();
	err = pktgen_clear(rq);
	for (i = 0; !err && i < run->threads; i++)
		err = configure(rq, run, i);
	if (err)
		return err;
	if (client_gone())
		return fault_agent(rq, "pktgen", "the client is gone");
	err = start_and_wait(rq, run);
	for (i = 0; !err && i < run->threads; i++) {
		device_name(run, i, dev);
		err = pktgen_collect(rq, dev, &sum);
	}
	if (!err)
		rq->answer = json_pack("{s:I,s:I,s:I,s:I,s:s}",
				       "sent", (json_int_t)sum.sent,
				       "errors", (json_int_t)sum.errors,
				       "pps", (json_int_t)sum.pps,
				       "usec", (json_int_t)sum.usec,
				       "result", sum.text);
	return err;
}

static int op_pktgen(struct request *rq, const void *data)
{
	struct run run = *(const struct run *)data;
	int err;

	if (run.frame.cpu < 0)
		run.frame.cpu = 0;
	if (pthread_mutex_trylock(&lock))
		return fault_agent(rq, "pktgen", "busy: pktgen is running");
	err = run_all(rq, &run);
	pthread_mutex_unlock(&lock);
	return err;
}

static const struct op ops[] = {
	{ .name = "pktgen", .run = op_pktgen, .defaults = &run_defaults,
	  OP_ARGS(run_args, struct run) },
};

const struct module pktgen_module = {
	.name = "pktgen", MODULE_OPS(ops), .abort = abort_pktgen,
};
