// SPDX-License-Identifier: GPL-2.0
/* pktgen: one run of the kernel's packet generator. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../bpf/bpfrig.h"
#include "file.h"
#include "frame.h"
#include "ops.h"
#include "pktgen.h"
#include "session.h"

#define POLL_US 4000
#define LATE_US		30000000

/* pktgen starts all that is configured: there is one run at a time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct run {
	struct frame_args frame;
	long long burst;
	long long threads;
	const char *mode;
	json_t *commands;
};

static int run_args(struct request *rq, struct run *run)
{
	json_t *one;
	size_t i;
	int err;

	*run = (struct run){ .burst = 1, .threads = 1 };
	err = frame_args(rq, &run->frame);
	if (!err)
		err = arg_opt_int(rq, "burst", 1, 1000000, &run->burst);
	if (!err)
		err = arg_opt_int(rq, "threads", 1, 1024, &run->threads);
	if (!err)
		err = arg_opt_str(rq, "mode", &run->mode);
	if (err)
		return err;
	if (run->frame.cpu < 0)
		run->frame.cpu = 0;
	run->commands = json_object_get(rq->args, "commands");
	if (run->commands && !json_is_array(run->commands))
		return fault_request(rq, "commands: a list is wanted");
	json_array_foreach(run->commands, i, one)
		if (!json_is_string(one))
			return fault_request(rq, "commands: strings are wanted");
	return 0;
}

static void device_name(const struct run *run, int thread, char name[64])
{
	snprintf(name, 64, "%s@%lld", run->frame.dev,
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
	/* Threads number their packets apart, so their flows are apart too. */
	port = BPFRIG_SPORT + frame->first_flow + thread * frame->flows;
	snprintf(kthread, sizeof(kthread), "kpktgend_%lld",
		 frame->cpu + thread);
	device_name(run, thread, dev);
	if (pktgen_tell(rq, kthread, "add_device %s", dev) ||
	    pktgen_tell(rq, dev, "count %lld", count) ||
	    pktgen_tell(rq, dev, "clone_skb 0") ||
	    (frame->pps ? pktgen_tell(rq, dev, "ratep %lld", frame->pps) :
			  pktgen_tell(rq, dev, "delay 0")) ||
	    pktgen_tell(rq, dev, "pkt_size %lld", frame->size) ||
	    pktgen_tell(rq, dev, "dst_mac %s", frame->dst_mac) ||
	    pktgen_tell(rq, dev, "src_min %s", frame->src_ip) ||
	    pktgen_tell(rq, dev, "src_max %s", frame->src_ip) ||
	    pktgen_tell(rq, dev, "dst_min %s", frame->dst_ip) ||
	    pktgen_tell(rq, dev, "dst_max %s", frame->dst_ip) ||
	    pktgen_tell(rq, dev, "udp_dst_min %d", BPFRIG_PORT) ||
	    pktgen_tell(rq, dev, "udp_dst_max %d", BPFRIG_PORT) ||
	    pktgen_tell(rq, dev, "udp_src_min %lld", port) ||
	    /* The maximum is exclusive, but where both are the same. */
	    pktgen_tell(rq, dev, "udp_src_max %lld",
			port + (frame->flows > 1 ? frame->flows : 0)))
		return -EIO;
	/*
	 * Whatever comes before an ok, pktgen sends the same skb again. If the
	 * first packet is dropped (into a veth's ring that another thread has
	 * filled), that skb has lost its Ethernet header to veth, and loses 14
	 * bytes more each time. Setting this mode marks the last packet as ok.
	 */
	if (pktgen_tell(rq, dev, "xmit_mode queue_xmit") ||
	    pktgen_tell(rq, dev, "xmit_mode %s",
			run->mode ? run->mode : "start_xmit"))
		return -EIO;
	if (run->burst > 1 && pktgen_tell(rq, dev, "burst %lld", run->burst))
		return -EIO;
	json_array_foreach(run->commands, i, one)
		if (pktgen_tell(rq, dev, "%s", json_string_value(one)))
			return -EIO;
	return 0;
}

/*
 * "start" sleeps for an eighth of a second and then looks every tenth of one,
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

/* Has a device ended? Then its result is "OK: usec(c..+d..) usec, ..". */
static bool ended(const char *dev)
{
	char said[128], c = 0;
	long long usec;

	pktgen_result(dev, said, sizeof(said));
	return sscanf(said, "OK: %lld(%c", &usec, &c) == 2 && c == 'c';
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
	for (i = 0; i < run->threads && !session_gone();) {
		device_name(run, i, dev);
		if (ended(dev)) {
			i++;
			continue;
		}
		/*
		 * "start" looks for threads that run, and returns when it
		 * finds none: also when they have not got to it yet, on a
		 * host that is slow. The result is then still that of the
		 * last setting.
		 */
		if (starter.done && (starter.err || late_us >= LATE_US))
			break;
		if (starter.done)
			late_us += POLL_US;
		usleep(POLL_US);
	}
	if (late_us >= LATE_US)
		return fault_agent(rq, "pktgen", "%s has not ended %d s after "
				   "'start' returned", dev,
				   LATE_US / 1000000);
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
	if (session_gone())
		return fault_agent(rq, "pktgen", "the client went away");
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

int op_pktgen(struct request *rq)
{
	struct run run;
	int err;

	err = run_args(rq, &run);
	if (err)
		return err;
	if (pthread_mutex_trylock(&lock))
		return fault_agent(rq, "pktgen", "busy: pktgen is running");
	err = run_all(rq, &run);
	pthread_mutex_unlock(&lock);
	return err;
}

void pktgen_abort(void)
{
	/* Without the module there is no such file, and nothing to stop. */
	file_put(PKTGEN_PROC "pgctrl", "stop\n");
}
