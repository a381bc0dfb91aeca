// SPDX-License-Identifier: GPL-2.0
/*
 * The witness: the cpumap tracepoints counted by way of tracefs, without any
 * BPF, to hold the observers against.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ops.h"
#include "tracefs.h"
#include "witness.h"
#include "witness_instance.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct witness_kind *kind;	/* NULL: not started */
static bool prepared;

static void stop(void)
{
	if (kind)
		kind->stop();
	kind = NULL;
}

static const struct witness_kind *best_kind(void)
{
	char path[128];

	tracefs_path(WITNESS_INSTANCE "events/xdp/xdp_cpumap_enqueue/hist",
		     path);
	return access(path, F_OK) ? &witness_trace : &witness_hist;
}

/*
 * Making an instance takes a tenth of a second or more, so it is made once
 * and stays for the agent's life.
 */
static int prepare(struct request *rq)
{
	char path[128];
	int err;

	if (prepared)
		return 0;
	err = tracefs_mount();
	if (err)
		return fault_kernel(rq, err, "mount(tracefs)",
				    "preparing the witness");
	tracefs_path(WITNESS_INSTANCE, path);
	if (mkdir(path, 0700) && errno != EEXIST)
		return fault_kernel(rq, -errno, "mkdir", "making %s", path);
	if (best_kind() == &witness_trace)
		err = witness_trace_buffer(rq);
	prepared = !err;
	return err;
}

/* A failure is met again, and reported, by witness_start. */
void witness_prepare(void)
{
	struct request none = {};

	pthread_mutex_lock(&lock);
	prepare(&none);
	pthread_mutex_unlock(&lock);
}

static int choose(struct request *rq, const struct witness_kind **chosen)
{
	const char *name = NULL;

	if (arg_opt_str(rq, "kind", &name))
		return -EINVAL;
	if (!name)
		*chosen = best_kind();
	else if (!strcmp(name, witness_hist.name))
		*chosen = &witness_hist;
	else if (!strcmp(name, witness_trace.name))
		*chosen = &witness_trace;
	else
		return fault_request(rq, "kind: 'hist' or 'trace' is wanted");
	return 0;
}

static int start(struct request *rq)
{
	const struct witness_kind *chosen = NULL;
	int err;

	err = prepare(rq);
	if (!err)
		err = choose(rq, &chosen);
	if (err)
		return err;
	stop();
	kind = chosen;
	err = kind->start(rq);
	if (err)
		stop();
	return err;
}

int op_witness_start(struct request *rq)
{
	int err;

	pthread_mutex_lock(&lock);
	err = start(rq);
	if (!err)
		rq->answer = json_pack("{s:s}", "kind", kind->name);
	pthread_mutex_unlock(&lock);
	return err;
}

int op_witness_read(struct request *rq)
{
	json_t *answer;
	int err;

	pthread_mutex_lock(&lock);
	if (!kind) {
		err = fault_request(rq, "the witness is not started");
	} else {
		answer = json_pack("{s:s}", "kind", kind->name);
		err = kind->read(rq, answer);
		if (err)
			json_decref(answer);
		else
			rq->answer = answer;
	}
	pthread_mutex_unlock(&lock);
	return err;
}

int op_witness_stop(struct request *rq)
{
	(void)rq;
	witness_drop();
	return 0;
}

void witness_drop(void)
{
	pthread_mutex_lock(&lock);
	if (kind)
		stop();
	pthread_mutex_unlock(&lock);
}
