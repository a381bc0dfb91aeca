// SPDX-License-Identifier: GPL-2.0
/*
 * Commands. exec answers once, when the program has ended; exec_start and
 * exec_more answer with what it has written so far, again and again, for
 * programs that run long or write much.
 */
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include "core/child.h"
#include "core/json.h"
#include "core/op.h"

/* The most of a stream that exec answers; the rest is read and dropped. */
#define MAX_OUTPUT	(1 << 20)
/* The most of a stream in one answer of exec_more, and how long it waits. */
#define MAX_PIECE	(1 << 18)
#define PIECE_MS	500
#define MAX_RUNNING	64

struct exec {
	json_t *argv;
	long long timeout_ms;
};

static const struct exec exec_defaults = { .timeout_ms = 10000 };

static const struct arg exec_args[] = {
	ARG_STRINGS(struct exec, argv, REQUIRED),
	ARG_INT(struct exec, timeout_ms, 1, 3600000),
};

static int check_argv(struct request *rq, json_t *argv)
{
	if (!json_array_size(argv))
		return fault_request(rq, "argv: must not be empty");
	return 0;
}

static int op_exec(struct request *rq, const void *data)
{
	const struct exec *args = data;
	struct child_spec spec = { .argv = args->argv, .max = MAX_OUTPUT,
				   .timeout_ms = args->timeout_ms };
	struct child child;
	int err;

	err = check_argv(rq, args->argv);
	if (err)
		return err;
	err = child_start(rq, &spec, &child);
	if (!err) {
		child_pump(&child, child.deadline_ms, OVERFLOW_DROP);
		if (child.late)
			err = fault_agent(rq, "exec",
					  "%s did not end within %lld ms",
					  json_string_value(json_array_get(
						  args->argv, 0)),
					  args->timeout_ms);
		else
			rq->answer = json_pack(
				"{s:i,s:o,s:o}",
				"status", child_status(&child), "stdout",
				json_text(child.out.buf, child.out.len),
				"stderr",
				json_text(child.err.buf, child.err.len));
	}
	child_free(&child);
	return err;
}

/* A program that exec_start has started. */
struct running {
	long long number;	/* 0: the place is free */
	bool busy;		/* a request works with it */
	struct child child;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct running places[MAX_RUNNING];	/* under lock unless busy */
static long long last_number;

/* A free place, or the one of this number; busy from then on. */
static struct running *claim(long long number)
{
	struct running *found = NULL;
	size_t i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < MAX_RUNNING && !found; i++)
		if (places[i].number == number && !places[i].busy)
			found = &places[i];
	if (found) {
		found->busy = true;
		if (!number)
			found->number = ++last_number;
	}
	pthread_mutex_unlock(&lock);
	return found;
}

/* The child is freed if nothing more is to come of it. */
static void leave(struct running *running, bool over)
{
	if (over)
		child_free(&running->child);
	pthread_mutex_lock(&lock);
	if (over)
		running->number = 0;
	running->busy = false;
	pthread_mutex_unlock(&lock);
}

/* Serves a program for a while, and answers with what it wrote. */
static void answer_piece(struct request *rq, struct running *running)
{
	struct child *child = &running->child;
	bool over;

	child_pump(child, monotonic_ms() + PIECE_MS, OVERFLOW_WAIT);
	over = child_is_over(child);
	rq->answer = json_pack(
		"{s:I,s:b,s:b,s:o,s:o,s:o,s:o}", "running", running->number,
		"over", over, "late", child->late,
		"status", over ? json_integer(child_status(child)) :
				 json_null(),
		"signal", over ? child_signal(child) : json_null(),
		"stdout", json_hex(child->out.buf, child->out.len),
		"stderr", json_hex(child->err.buf, child->err.len));
	child->out.len = 0;
	child->err.len = 0;
	leave(running, over);
}

struct exec_start {
	json_t *argv;
	json_t *env;
	const char *cwd;
	const char *input;
	long long timeout_ms;
};

static const struct exec_start start_defaults = { .timeout_ms = 10000 };

static const struct arg start_args[] = {
	ARG_STRINGS(struct exec_start, argv, REQUIRED),
	ARG_STRINGS(struct exec_start, env),
	ARG_STR(struct exec_start, cwd),
	ARG_STR(struct exec_start, input),
	ARG_INT(struct exec_start, timeout_ms, 1, 3600000),
};

static int op_exec_start(struct request *rq, const void *data)
{
	const struct exec_start *args = data;
	struct child_spec spec = { .argv = args->argv, .env = args->env,
				   .cwd = args->cwd, .input = args->input,
				   .max = MAX_PIECE,
				   .timeout_ms = args->timeout_ms };
	struct running *running;
	int err;

	err = check_argv(rq, args->argv);
	if (err)
		return err;
	running = claim(0);
	if (!running)
		return fault_agent(rq, "exec_start",
				   "at most %d commands may run at a time",
				   MAX_RUNNING);
	err = child_start(rq, &spec, &running->child);
	if (err)
		leave(running, true);
	else
		answer_piece(rq, running);
	return err;
}

struct exec_more {
	long long running;
};

static const struct arg more_args[] = {
	ARG_INT(struct exec_more, running, 1, LLONG_MAX, REQUIRED),
};

static int op_exec_more(struct request *rq, const void *data)
{
	const struct exec_more *args = data;
	struct running *running = claim(args->running);

	if (!running)
		return fault_request(rq, "running: there is no command %lld",
				     args->running);
	answer_piece(rq, running);
	return 0;
}

/* Whatever was started is killed; a request that is late does it itself. */
static void drop(void)
{
	size_t i;

	for (i = 0; i < MAX_RUNNING; i++)
		if (places[i].number && !places[i].busy)
			leave(&places[i], true);
}

static const struct op ops[] = {
	{ .name = "exec", .run = op_exec, .defaults = &exec_defaults,
	  OP_ARGS(exec_args, struct exec) },
	{ .name = "exec_start", .run = op_exec_start,
	  .defaults = &start_defaults,
	  OP_ARGS(start_args, struct exec_start) },
	{ .name = "exec_more", .run = op_exec_more,
	  OP_ARGS(more_args, struct exec_more) },
};

const struct module exec_module = { .name = "exec", MODULE_OPS(ops),
				    .drop = drop };
