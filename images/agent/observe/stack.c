// SPDX-License-Identifier: GPL-2.0
/*
 * stack_*: what reaches the stack, by device and CPU, in which order, which
 * numbers, and whether each frame is as its source sent it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "core/json.h"
#include "core/op.h"
#include "observe/stack_changed.h"
#include "observe/stack_classifier.h"
#include "observe/stack_described.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct stack *stacks;

static struct stack *stack_of(int ifindex)
{
	struct stack *stack = stacks;

	while (stack && stack->ifindex != ifindex)
		stack = stack->next;
	return stack;
}

struct stack_args {
	struct device dev;
};

static const struct arg stack_args[] = {
	ARG_DEVICE(struct stack_args, dev, REQUIRED),
};

static int restart(struct request *rq, struct stack *stack)
{
	int err = stack_zero(rq, stack);

	if (!err)
		err = stack_undescribe(rq, stack);
	return err ? err : stack_zero_changed(rq, stack);
}

/* Zeroes the counts of a device, or attaches to it first. */
static int start(struct request *rq, const struct device *dev)
{
	struct stack *stack = stack_of(dev->ifindex);

	if (stack)
		return restart(rq, stack);
	stack = stack_new(rq, dev);
	if (!stack)
		return -EIO;
	stack->next = stacks;
	stacks = stack;
	return 0;
}

static int op_stack_start(struct request *rq, const void *data)
{
	const struct stack_args *args = data;
	int err;

	pthread_mutex_lock(&lock);
	err = start(rq, &args->dev);
	pthread_mutex_unlock(&lock);
	return err;
}

static json_t *stack_rows(const struct stack *stack,
			  const struct bpfrig_stack_count *counts, int n)
{
	json_t *rows = json_array(), *row;
	int cpu;

	for (cpu = 0; cpu < n; cpu++) {
		if (!counts[cpu].frames && !counts[cpu].foreign)
			continue;
		row = json_pack("{s:i}", "cpu", cpu);
		row_add(row, &stack->counts, &counts[cpu]);
		json_array_append_new(rows, row);
	}
	return rows;
}

static json_t *log_rows(const struct stack *stack,
			const struct bpfrig_stack_count *counts, int n)
{
	const struct bpfrig_arrival *arrivals = stack->arrivals.bytes;
	json_t *rows = json_array();
	int cpu;

	for (cpu = 0; cpu < n; cpu++) {
		__u64 len = counts[cpu].skbs;

		if (len > BPFRIG_ARRIVALS)
			len = BPFRIG_ARRIVALS;
		if (!len)
			continue;
		json_array_append_new(rows, json_pack(
			"{s:i,s:I,s:o}", "cpu", cpu,
			"lost", (json_int_t)(counts[cpu].skbs - len), "log",
			json_hex(arrivals + cpu * BPFRIG_ARRIVALS,
				 len * sizeof(*arrivals))));
	}
	return rows;
}

static int stack_rows_of(struct request *rq, const struct device *dev,
			 json_t *(*rows)(const struct stack *stack,
					 const struct bpfrig_stack_count *,
					 int n))
{
	int n = libbpf_num_possible_cpus(), err;
	struct bpfrig_stack_count *counts = calloc(n, sizeof(*counts));
	struct stack *stack;
	__u32 zero = 0;

	if (!counts)
		return fault_agent(rq, "calloc", "out of memory");
	pthread_mutex_lock(&lock);
	stack = stack_of(dev->ifindex);
	if (!stack) {
		err = fault_request(rq, "dev: %s has no stack_start",
				    dev->name);
	} else {
		err = bpf_map_lookup_elem(stack->map_fd, &zero, counts);
		if (err)
			fault_kernel(rq, err, "bpf(BPF_MAP_LOOKUP_ELEM)",
				     "reading the counts of %s", dev->name);
		else
			rq->answer = json_pack("{s:o}", "rows",
					       rows(stack, counts, n));
	}
	pthread_mutex_unlock(&lock);
	free(counts);
	return err;
}

static int op_stack_read(struct request *rq, const void *data)
{
	const struct stack_args *args = data;

	return stack_rows_of(rq, &args->dev, stack_rows);
}

static int op_stack_log(struct request *rq, const void *data)
{
	const struct stack_args *args = data;

	return stack_rows_of(rq, &args->dev, log_rows);
}

/* Calls a function with the stack of a device, under the lock. */
static int with_stack(struct request *rq, const struct device *dev,
		      int (*run)(struct request *rq, struct stack *stack,
				 const void *data),
		      const void *data)
{
	struct stack *stack;
	int err;

	pthread_mutex_lock(&lock);
	stack = stack_of(dev->ifindex);
	err = stack ? run(rq, stack, data) :
		      fault_request(rq, "dev: %s has no stack_start",
				    dev->name);
	pthread_mutex_unlock(&lock);
	return err;
}

struct source_args {
	struct device dev;
	long long slot;
	struct bytes source;
};

static const struct arg source_args[] = {
	ARG_DEVICE(struct source_args, dev, REQUIRED),
	ARG_INT(struct source_args, slot, 0, BPFRIG_SOURCES - 1, REQUIRED),
	ARG_HEX(struct source_args, source, REQUIRED),
};

static int set_source(struct request *rq, struct stack *stack,
		      const void *data)
{
	const struct source_args *args = data;
	struct bpfrig_source source;

	if (args->source.len != sizeof(source))
		return fault_request(rq, "source: must be %zu bytes, struct bpfrig_source, not %zu",
				     sizeof(source), args->source.len);
	memcpy(&source, args->source.data, sizeof(source));
	return stack_source(rq, stack, args->slot, &source);
}

static int op_stack_source(struct request *rq, const void *data)
{
	const struct source_args *args = data;

	return with_stack(rq, &args->dev, set_source, data);
}

/* The lanes as runs of equal ones: how many lanes, how often each came. */
static int lane_runs(struct request *rq, struct stack *stack,
		     const void *data)
{
	const __u8 *lane = stack->seen.bytes, *end = lane + stack->lanes, *from;
	json_t *runs = json_array();

	(void)data;
	while (lane < end) {
		from = lane;
		while (lane < end && *lane == *from)
			lane++;
		json_array_append_new(runs, json_pack("[I,i]",
						      (json_int_t)(lane - from),
						      *from));
	}
	rq->answer = json_pack("{s:o}", "runs", runs);
	return 0;
}

static int op_stack_seen(struct request *rq, const void *data)
{
	const struct stack_args *args = data;

	return with_stack(rq, &args->dev, lane_runs, NULL);
}

struct describe_args {
	struct device dev;
	struct bytes hashes;
	long long kinds;
};

static const struct arg describe_args[] = {
	ARG_DEVICE(struct describe_args, dev, REQUIRED),
	ARG_HEX(struct describe_args, hashes, REQUIRED),
	ARG_INT(struct describe_args, kinds, 0, UINT32_MAX),
};

static int op_stack_describe(struct request *rq, const void *data)
{
	const struct describe_args *args = data;
	const struct description what = { args->hashes, args->kinds };

	return with_stack(rq, &args->dev, stack_describe, &what);
}

static int op_stack_described(struct request *rq, const void *data)
{
	const struct stack_args *args = data;

	return with_stack(rq, &args->dev, stack_described, NULL);
}

static int op_stack_changed(struct request *rq, const void *data)
{
	const struct stack_args *args = data;

	return with_stack(rq, &args->dev, stack_changed, NULL);
}

static void drop_stacks(void)
{
	struct stack *stack;

	pthread_mutex_lock(&lock);
	while ((stack = stacks)) {
		stacks = stack->next;
		stack_free(stack);
	}
	pthread_mutex_unlock(&lock);
}

static const struct op ops[] = {
	{ .name = "stack_start", .run = op_stack_start,
	  OP_ARGS(stack_args, struct stack_args) },
	{ .name = "stack_read", .run = op_stack_read,
	  OP_ARGS(stack_args, struct stack_args) },
	{ .name = "stack_log", .run = op_stack_log,
	  OP_ARGS(stack_args, struct stack_args) },
	{ .name = "stack_source", .run = op_stack_source,
	  OP_ARGS(source_args, struct source_args) },
	{ .name = "stack_seen", .run = op_stack_seen,
	  OP_ARGS(stack_args, struct stack_args) },
	{ .name = "stack_describe", .run = op_stack_describe,
	  OP_ARGS(describe_args, struct describe_args) },
	{ .name = "stack_described", .run = op_stack_described,
	  OP_ARGS(stack_args, struct stack_args) },
	{ .name = "stack_changed", .run = op_stack_changed,
	  OP_ARGS(stack_args, struct stack_args) },
};

const struct module stack_module = {
	.name = "stack", MODULE_OPS(ops), .drop = drop_stacks,
};
