// SPDX-License-Identifier: GPL-2.0
/* What reaches the stack: a classifier on a device's tc ingress. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "bpf_util.h"
#include "../../bpf/bpfrig.h"
#include "ops.h"

struct stack {
	struct stack *next;
	int ifindex;
	struct bpf_object *obj;
	int map_fd;
	bool attached;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct stack *stacks;

static struct stack *stack_of(int ifindex)
{
	struct stack *stack = stacks;

	while (stack && stack->ifindex != ifindex)
		stack = stack->next;
	return stack;
}

static void stack_free(struct stack *stack)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = stack->ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);

	/* Both directions named: the whole clsact qdisc goes. */
	if (stack->attached)
		bpf_tc_hook_destroy(&hook);
	bpf_object__close(stack->obj);
	free(stack);
}

static int stack_attach(struct stack *stack, const char **step)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = stack->ifindex,
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 1);
	struct bpf_program *prog;
	int err;

	*step = "opening " BPF_DIR "stack.bpf.o";
	stack->obj = bpf_object__open_file(BPF_DIR "stack.bpf.o", NULL);
	if (!stack->obj)
		return -errno;
	*step = "loading the classifier";
	err = bpf_object__load(stack->obj);
	if (err)
		return err;
	prog = bpf_object__find_program_by_name(stack->obj, "count_ingress");
	stack->map_fd = bpf_object__find_map_fd_by_name(stack->obj,
							"stack_count");
	if (!prog || stack->map_fd < 0)
		return -ENOENT;
	*step = "creating the clsact qdisc (module sch_ingress)";
	err = bpf_tc_hook_create(&hook);
	if (err && err != -EEXIST)
		return err;
	stack->attached = true;
	*step = "attaching the classifier (module cls_bpf)";
	opts.prog_fd = bpf_program__fd(prog);
	return bpf_tc_attach(&hook, &opts);
}

static int stack_zero(struct stack *stack)
{
	struct bpfrig_stack_count *counts;
	__u32 zero = 0;
	int err;

	counts = calloc(libbpf_num_possible_cpus(), sizeof(*counts));
	if (!counts)
		return -ENOMEM;
	err = bpf_map_update_elem(stack->map_fd, &zero, counts, 0);
	free(counts);
	return err;
}

int op_stack_start(struct request *rq)
{
	const char *dev, *step = "zeroing the counts";
	struct stack *stack;
	int ifindex, err;

	err = arg_dev(rq, &dev, &ifindex);
	if (err)
		return err;
	pthread_mutex_lock(&lock);
	libbpf_log_start();
	stack = stack_of(ifindex);
	if (stack) {
		err = stack_zero(stack);
	} else {
		stack = calloc(1, sizeof(*stack));
		if (stack) {
			stack->ifindex = ifindex;
			err = stack_attach(stack, &step);
			if (!err) {
				stack->next = stacks;
				stacks = stack;
			} else {
				stack_free(stack);
			}
		} else {
			err = -ENOMEM;
		}
	}
	if (err) {
		fault_kernel(rq, err, "stack_start", "%s on %s", step, dev);
		rq->fault.log = libbpf_log_take();
	}
	pthread_mutex_unlock(&lock);
	return err;
}

static json_t *stack_rows(const struct bpfrig_stack_count *counts, int n)
{
	json_t *rows = json_array();
	int cpu;

	for (cpu = 0; cpu < n; cpu++) {
		if (!counts[cpu].frames && !counts[cpu].others)
			continue;
		json_array_append_new(rows, json_pack(
			"{s:i,s:I,s:I,s:I,s:I}", "cpu", cpu,
			"frames", (json_int_t)counts[cpu].frames,
			"bytes", (json_int_t)counts[cpu].bytes,
			"others", (json_int_t)counts[cpu].others,
			"other_bytes", (json_int_t)counts[cpu].other_bytes));
	}
	return rows;
}

int op_stack_read(struct request *rq)
{
	int n = libbpf_num_possible_cpus(), ifindex, err;
	struct bpfrig_stack_count *counts;
	struct stack *stack;
	const char *dev;
	__u32 zero = 0;

	err = arg_dev(rq, &dev, &ifindex);
	if (err)
		return err;
	counts = calloc(n, sizeof(*counts));
	if (!counts)
		return fault_agent(rq, "calloc", "out of memory");
	pthread_mutex_lock(&lock);
	stack = stack_of(ifindex);
	if (!stack) {
		err = fault_request(rq, "dev: %s has no stack_start", dev);
	} else {
		err = bpf_map_lookup_elem(stack->map_fd, &zero, counts);
		if (err)
			fault_kernel(rq, err, "bpf(BPF_MAP_LOOKUP_ELEM)",
				     "reading the counts of %s", dev);
		else
			rq->answer = json_pack("{s:o}", "rows",
					       stack_rows(counts, n));
	}
	pthread_mutex_unlock(&lock);
	free(counts);
	return err;
}

void stack_drop(void)
{
	struct stack *stack;

	pthread_mutex_lock(&lock);
	while ((stack = stacks)) {
		stacks = stack->next;
		stack_free(stack);
	}
	pthread_mutex_unlock(&lock);
}
