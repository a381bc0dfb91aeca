// SPDX-License-Identifier: GPL-2.0
/* What reaches the stack: a classifier on a device's tc ingress. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "bpf/libbpf_log.h"
#include "bpf/object.h"
#include "bpfrig.h"
#include "core/json.h"
#include "core/op.h"
#include "net/device.h"
#include "observe/row_layout.h"

struct stack {
	struct stack *next;
	int ifindex;
	struct bpf_object *obj;
	int map_fd;
	struct row_layout counts;	/* struct bpfrig_stack_count */
	const struct bpfrig_arrival *arrivals;	/* of all CPUs */
	size_t arrivals_size;
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
	if (stack->arrivals)
		munmap((void *)stack->arrivals, stack->arrivals_size);
	row_layout_free(&stack->counts);
	bpf_object__close(stack->obj);
	free(stack);
}

/* Set before the classifier is loaded: its device, and the number of CPUs. */
static int stack_configure(struct stack *stack,
			   const struct bpfrig_device *device)
{
	struct bpf_map *rodata, *arrivals;
	void *bytes;
	size_t size;

	rodata = bpf_object__find_map_by_name(stack->obj, ".rodata");
	arrivals = bpf_object__find_map_by_name(stack->obj, "arrivals");
	bytes = rodata ? (void *)bpf_map__initial_value(rodata, &size) : NULL;
	if (!arrivals || !bytes || size != sizeof(*device))
		return -ENOENT;
	memcpy(bytes, device, sizeof(*device));
	return bpf_map__set_max_entries(arrivals, BPFRIG_ARRIVALS *
						  libbpf_num_possible_cpus());
}

static int stack_map_log(struct stack *stack)
{
	int fd = bpf_object__find_map_fd_by_name(stack->obj, "arrivals");
	void *page;

	stack->arrivals_size = sizeof(struct bpfrig_arrival) *
			       BPFRIG_ARRIVALS * libbpf_num_possible_cpus();
	page = mmap(NULL, stack->arrivals_size, PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return -errno;
	stack->arrivals = page;
	return 0;
}

static int stack_learn_counts(struct stack *stack)
{
	struct bpf_map *map = bpf_object__find_map_by_name(stack->obj,
							   "stack_count");

	return row_layout_init(&stack->counts, bpf_object__btf(stack->obj),
			       bpf_map__btf_value_type_id(map));
}

static int stack_attach(struct stack *stack,
			const struct bpfrig_device *device, const char **step)
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
	err = stack_configure(stack, device);
	if (!err)
		err = bpf_object__load(stack->obj);
	if (err)
		return err;
	prog = bpf_object__find_program_by_name(stack->obj, "count_ingress");
	stack->map_fd = bpf_object__find_map_fd_by_name(stack->obj,
							"stack_count");
	if (!prog || stack->map_fd < 0)
		return -ENOENT;
	*step = "mapping its log";
	err = stack_learn_counts(stack);
	if (!err)
		err = stack_map_log(stack);
	if (err)
		return err;
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

struct stack_args {
	struct device dev;
};

static const struct arg stack_args[] = {
	ARG_DEVICE(struct stack_args, dev, REQUIRED),
};

/* Zeroes the counts of a device, or attaches to it first. */
static int start(const struct bpfrig_device *device, const char **step)
{
	struct stack *stack = stack_of(device->ifindex);
	int err;

	if (stack) {
		*step = "zeroing the counts";
		return stack_zero(stack);
	}
	stack = calloc(1, sizeof(*stack));
	if (!stack)
		return -ENOMEM;
	stack->ifindex = device->ifindex;
	err = stack_attach(stack, device, step);
	if (err) {
		stack_free(stack);
		return err;
	}
	stack->next = stacks;
	stacks = stack;
	return 0;
}

static int op_stack_start(struct request *rq, const void *data)
{
	const struct stack_args *args = data;
	struct bpfrig_device device = { .ifindex = args->dev.ifindex };
	const char *step = "starting";
	int err;

	err = device_mac(rq, args->dev.name, device.mac);
	if (err)
		return err;
	pthread_mutex_lock(&lock);
	libbpf_log_start();
	err = start(&device, &step);
	if (err) {
		fault_kernel(rq, err, "stack_start", "%s on %s", step,
			     args->dev.name);
		rq->fault.log = libbpf_log_take();
	}
	pthread_mutex_unlock(&lock);
	return err;
}

static json_t *stack_rows(const struct stack *stack,
			  const struct bpfrig_stack_count *counts, int n)
{
	json_t *rows = json_array(), *row;
	int cpu;

	for (cpu = 0; cpu < n; cpu++) {
		if (!counts[cpu].frames && !counts[cpu].others)
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
			json_hex(stack->arrivals + cpu * BPFRIG_ARRIVALS,
				 len * sizeof(*stack->arrivals))));
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
};

const struct module stack_module = {
	.name = "stack", MODULE_OPS(ops), .drop = drop_stacks,
};
