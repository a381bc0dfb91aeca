// SPDX-License-Identifier: GPL-2.0
/* pktgen: one run of the kernel's packet generator, Documentation/networking. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <stdarg.h>
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

#define PROC "/proc/net/pktgen/"

/* pktgen starts all that is configured: there is one run at a time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* What the file's last line says of the last command, without the label. */
static void read_result(const char *path, char *said, size_t size)
{
	char *text, *result;
	size_t len;

	*said = 0;
	if (file_slurp(path, &text, &len))
		return;
	result = strstr(text, "Result: ");
	if (result)
		snprintf(said, size, "%s", result + strlen("Result: "));
	said[strcspn(said, "\n")] = 0;
	free(text);
}

int pktgen_command(const char *file, const char *command, char *said,
		   size_t size)
{
	char path[128], text[256], result[256];
	int err;

	snprintf(path, sizeof(path), PROC "%s", file);
	/* One write, with the newline that older kernels want. */
	snprintf(text, sizeof(text), "%s\n", command);
	err = file_put(path, text);
	if (!said) {
		said = result;
		size = sizeof(result);
	}
	*said = 0;
	if (err || !strncmp(command, "flag ", 5))
		read_result(path, said, size);
	if (!err && *said && strncmp(said, "OK", 2))
		err = -EINVAL;
	return err;
}

static int command(struct request *rq, const char *file, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int command(struct request *rq, const char *file, const char *fmt, ...)
{
	char text[224], said[128];
	va_list args;
	int err;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	err = pktgen_command(file, text, said, sizeof(said));
	if (err)
		return fault_kernel(rq, err, "pktgen",
				    "pktgen refused '%s' for %s%s%s", text,
				    file, strncmp(said, "OK", 2) ? ": " : "",
				    strncmp(said, "OK", 2) ? said : "");
	return 0;
}

/*
 * Takes what an earlier run left off all threads. Only off those that have
 * something: the kernel sleeps for an eighth of a second on each.
 */
static int clear_threads(struct request *rq)
{
	glob_t threads;
	size_t i, len;
	char *text;
	int err = 0;

	if (glob(PROC "kpktgend_*", 0, NULL, &threads))
		return fault_kernel(rq, -ENOENT, "pktgen",
				    "no " PROC "kpktgend_*: is the module there?");
	for (i = 0; i < threads.gl_pathc && !err; i++) {
		err = file_read(rq, threads.gl_pathv[i], &text, &len);
		if (err)
			break;
		/* Devices are listed as name@thread or name, after a blank. */
		if (!strstr(text, "Running: \n") || !strstr(text, "Stopped: \n"))
			err = command(rq, threads.gl_pathv[i] + strlen(PROC),
				      "rem_device_all");
		free(text);
	}
	globfree(&threads);
	return err;
}

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
	long long count;
	json_t *one;
	size_t i;

	count = frame->count / run->threads +
		(thread < frame->count % run->threads);
	snprintf(kthread, sizeof(kthread), "kpktgend_%lld",
		 frame->cpu + thread);
	device_name(run, thread, dev);
	if (command(rq, kthread, "add_device %s", dev) ||
	    command(rq, dev, "count %lld", count) ||
	    command(rq, dev, "clone_skb 0") ||
	    command(rq, dev, "delay 0") ||
	    command(rq, dev, "pkt_size %lld", frame->size) ||
	    command(rq, dev, "dst_mac %s", frame->dst_mac) ||
	    command(rq, dev, "src_min %s", frame->src_ip) ||
	    command(rq, dev, "src_max %s", frame->src_ip) ||
	    command(rq, dev, "dst_min %s", frame->dst_ip) ||
	    command(rq, dev, "dst_max %s", frame->dst_ip) ||
	    command(rq, dev, "udp_dst_min %d", BPFRIG_PORT) ||
	    command(rq, dev, "udp_dst_max %d", BPFRIG_PORT) ||
	    command(rq, dev, "udp_src_min %d", BPFRIG_SPORT) ||
	    /* The maximum is exclusive, but where both are the same. */
	    command(rq, dev, "udp_src_max %lld", BPFRIG_SPORT +
		    (frame->flows > 1 ? frame->flows : 0)))
		return -EIO;
	if (run->mode && command(rq, dev, "xmit_mode %s", run->mode))
		return -EIO;
	if (run->burst > 1 && command(rq, dev, "burst %lld", run->burst))
		return -EIO;
	json_array_foreach(run->commands, i, one)
		if (command(rq, dev, "%s", json_string_value(one)))
			return -EIO;
	return 0;
}

struct result {
	long long sent;
	long long errors;
	long long pps;
	long long usec;
	char text[256];
};

/* The number behind a label, or 0. */
static long long number_after(const char *text, const char *label)
{
	const char *at = strstr(text, label);

	return at ? strtoll(at + strlen(label), NULL, 10) : 0;
}

/* Adds one device's figures; its result must be OK. */
static int collect(struct request *rq, const char *dev, struct result *sum)
{
	char path[128], *text, *result, *pps, *c;
	long long usec;
	size_t len;
	int err;

	snprintf(path, sizeof(path), PROC "%s", dev);
	err = file_read(rq, path, &text, &len);
	if (err)
		return err;
	sum->sent += number_after(text, "pkts-sofar: ");
	sum->errors += number_after(text, "errors: ");
	result = strstr(text, "Result: ");
	result = result ? result + strlen("Result: ") : text + len;
	usec = number_after(result, "OK: ");
	if (usec > sum->usec)
		sum->usec = usec;
	pps = strstr(result, "pps");
	while (pps && pps > result && pps[-1] >= '0' && pps[-1] <= '9')
		pps--;
	sum->pps += pps ? strtoll(pps, NULL, 10) : 0;
	for (c = result; *c; c++)
		if (*c == '\n')
			*c = ' ';
	snprintf(sum->text, sizeof(sum->text), "%s", result);
	if (strncmp(result, "OK: ", 4))
		err = fault_agent(rq, "pktgen", "%s did not end well: %s", dev,
				  sum->text);
	free(text);
	return err;
}

static int run_all(struct request *rq, const struct run *run)
{
	struct result sum = {};
	char dev[64];
	int i, err;

	err = clear_threads(rq);
	for (i = 0; !err && i < run->threads; i++)
		err = configure(rq, run, i);
	if (err)
		return err;
	if (session_gone())
		return fault_agent(rq, "pktgen", "the client went away");
	err = command(rq, "pgctrl", "start");
	for (i = 0; !err && i < run->threads; i++) {
		device_name(run, i, dev);
		err = collect(rq, dev, &sum);
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
	file_put(PROC "pgctrl", "stop\n");
}
