// SPDX-License-Identifier: GPL-2.0
/*
 * The witness: tracepoints counted through tracefs, without any BPF, to
 * compare the observers with. Starting it takes a tenth of a second or more,
 * so it goes on counting when it is started again for the same events: what
 * was counted until then is remembered, and subtracted at each read.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/lockdown.h"
#include "core/op.h"
#include "observe/tracefs.h"
#include "observe/witness_kind.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct witness_kind *kind;	/* NULL: not started */
static struct witness_plan plan;
static struct witness_rows before;	/* what was counted before the start */
static bool prepared;

static const char *const kind_words[] = { "hist", "trace", NULL };

static const struct witness_kind *const kinds[] = {
	&witness_hist, &witness_trace,
};

struct start {
	json_t *events;
	int kind;		/* of kind_words; -1: the best one */
};

static const struct start defaults = { .kind = -1 };

static const struct arg start_args[] = {
	ARG_ARRAY(struct start, events, REQUIRED),
	ARG_WORD(struct start, kind, kind_words),
};

/* Hist triggers are built in or not, for all events alike. */
static const struct witness_kind *best_kind(void)
{
	char path[192];

	witness_path("events/sched/sched_switch/hist", path);
	return access(path, F_OK) ? &witness_trace : &witness_hist;
}

static void stop(void)
{
	if (kind)
		kind->stop(&plan);
	kind = NULL;
	witness_plan_free(&plan);
	witness_rows_free(&before);
}

/*
 * Making an instance takes a tenth of a second or more, so it is made once
 * and stays for the agent's life.
 */
static int make_instance(struct request *rq)
{
	char path[192];
	int err;

	err = tracefs_mount();
	if (err)
		return fault_kernel(rq, err, "mount(tracefs)",
				    "preparing the witness");
	witness_path("", path);
	if (mkdir(path, 0700) && errno != EEXIST)
		return fault_kernel(rq, -errno, "mkdir", "making %s", path);
	return best_kind() == &witness_trace ? witness_trace_buffer(rq) : 0;
}

static int prepare(struct request *rq)
{
	int err;

	if (prepared)
		return 0;
	err = make_instance(rq);
	if (err)
		fault_explain_lockdown(rq);
	prepared = !err;
	return err;
}

/* A failure occurs again, and is reported, in witness_start. */
static void prepare_witness(void)
{
	struct request none = {};

	pthread_mutex_lock(&lock);
	prepare(&none);
	pthread_mutex_unlock(&lock);
}

static int start_anew(struct request *rq, const struct witness_kind *chosen,
		      json_t *events)
{
	int err;

	stop();
	err = witness_plan_init(rq, &plan, events);
	if (!err) {
		kind = chosen;
		err = kind->start(rq, &plan);
	}
	if (err)
		stop();
	return err;
}

static int start(struct request *rq, const struct start *args)
{
	const struct witness_kind *chosen;
	int err;

	err = prepare(rq);
	if (err)
		return err;
	chosen = args->kind < 0 ? best_kind() : kinds[args->kind];
	if (kind != chosen || !json_equal(plan.json, args->events)) {
		err = start_anew(rq, chosen, args->events);
		if (err)
			return err;
	}
	before.n = 0;
	before.lost = 0;
	return kind->read(rq, &plan, &before);
}

static int op_witness_start(struct request *rq, const void *data)
{
	int err;

	pthread_mutex_lock(&lock);
	err = start(rq, data);
	if (!err)
		rq->answer = json_pack("{s:s}", "kind", kind->name);
	pthread_mutex_unlock(&lock);
	return err;
}

static int op_witness_read(struct request *rq, const void *none)
{
	struct witness_rows rows = {};
	int err;

	(void)none;
	pthread_mutex_lock(&lock);
	err = kind ? kind->read(rq, &plan, &rows) :
		     fault_request(rq, "the witness is not started");
	if (!err) {
		witness_rows_subtract(&rows, &before);
		rq->answer = json_pack("{s:s,s:o,s:I}", "kind", kind->name,
				       "tables",
				       witness_rows_json(&plan, &rows,
							 kind->has_batch),
				       "lost", (json_int_t)rows.lost);
	}
	witness_rows_free(&rows);
	pthread_mutex_unlock(&lock);
	return err;
}

static void drop_witness(void)
{
	pthread_mutex_lock(&lock);
	stop();
	pthread_mutex_unlock(&lock);
}

static int op_witness_stop(struct request *rq, const void *none)
{
	(void)rq;
	(void)none;
	drop_witness();
	return 0;
}

static const struct op ops[] = {
	{ .name = "witness_start", .run = op_witness_start,
	  .defaults = &defaults, OP_ARGS(start_args, struct start) },
	{ .name = "witness_read", .run = op_witness_read },
	{ .name = "witness_stop", .run = op_witness_stop },
};

const struct module witness_module = {
	.name = "witness", MODULE_OPS(ops), .prepare = prepare_witness,
	.drop = drop_witness,
};
