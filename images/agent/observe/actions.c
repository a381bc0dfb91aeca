// SPDX-License-Identifier: GPL-2.0
/*
 * actions_*: what a program returns, counted by an fexit program on it, or by
 * itself where the kernel has no JIT compiler.
 */
#include <errno.h>
#include <pthread.h>
#include "bpf/object.h"
#include "core/op.h"
#include "observe/action_counter.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct action_counter *counters;

static struct action_counter *counter_of(__u32 prog_id)
{
	struct action_counter *counter = counters;

	while (counter && counter->prog_id != prog_id)
		counter = counter->next;
	return counter;
}

struct actions {
	struct handle program;
};

static const struct arg actions_args[] = {
	ARG_PROGRAM(struct actions, program, REQUIRED),
};

static int start(struct request *rq, const struct handle *target)
{
	struct action_counter *counter;

	if (counter_of(target->id))
		return 0;
	counter = action_counter_new(rq, target);
	if (!counter)
		return -EIO;
	counter->next = counters;
	counters = counter;
	return 0;
}

static int op_actions_start(struct request *rq, const void *data)
{
	const struct actions *args = data;
	int err;

	pthread_mutex_lock(&lock);
	err = start(rq, &args->program);
	pthread_mutex_unlock(&lock);
	return err;
}

static int op_actions_read(struct request *rq, const void *data)
{
	static const char *const names[BPFRIG_ACTIONS] = {
		"aborted", "drop", "pass", "tx", "redirect", "other",
	};
	const struct handle *target = &((const struct actions *)data)->program;
	struct bpf_prog_info info = {};
	struct action_counter *counter;
	int err, i;

	pthread_mutex_lock(&lock);
	counter = counter_of(target->id);
	if (!counter) {
		err = fault_request(rq, "program: '%s' has no actions_start",
				    target->name);
		goto out;
	}
	err = counter->counts_itself ? 0 :
	      object_info(rq, counter->fd, &info, sizeof(info));
	if (err)
		goto out;
	/* Must not happen, because XDP runs do not nest. */
	if (info.recursion_misses) {
		err = fault_agent(rq, "actions_read",
				  "fexit missed %llu runs of '%s'",
				  (unsigned long long)info.recursion_misses,
				  target->name);
		goto out;
	}
	rq->answer = json_object();
	for (i = 0; i < BPFRIG_ACTIONS; i++)
		json_object_set_new(rq->answer, names[i],
				    json_integer(counter->actions[i] -
						 counter->before[i]));
out:
	pthread_mutex_unlock(&lock);
	return err;
}

static void drop_actions(void)
{
	struct action_counter *counter;

	pthread_mutex_lock(&lock);
	while ((counter = counters)) {
		counters = counter->next;
		action_counter_free(counter);
	}
	pthread_mutex_unlock(&lock);
}

static const struct op ops[] = {
	{ .name = "actions_start", .run = op_actions_start,
	  OP_ARGS(actions_args, struct actions) },
	{ .name = "actions_read", .run = op_actions_read,
	  OP_ARGS(actions_args, struct actions) },
};

const struct module actions_module = {
	.name = "actions", MODULE_OPS(ops), .prepare = action_counter_prepare,
	.drop = drop_actions,
};
