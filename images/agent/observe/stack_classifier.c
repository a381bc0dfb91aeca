// SPDX-License-Identifier: GPL-2.0
/* Puts the classifier of bpf/stack.bpf.c on the tc ingress of a device. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "bpf/kernel_btf.h"
#include "bpf/libbpf_log.h"
#include "bpf/load_failure.h"
#include "bpf/object.h"
#include "observe/stack_classifier.h"

#define OBJECT		BPF_DIR "stack.bpf.o"
#define WITHOUT_BTF	BPF_DIR "stack_without_btf.bpf.o"

static const char *object_path(void)
{
	return kernel_has_btf() ? OBJECT : WITHOUT_BTF;
}

static void unmap(const struct shared_map *map)
{
	if (map->bytes)
		munmap(map->bytes, map->size);
}

void stack_free(struct stack *stack)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = stack->ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);

	/* Both directions named: the whole clsact qdisc goes. */
	if (stack->attached)
		bpf_tc_hook_destroy(&hook);
	unmap(&stack->arrivals);
	unmap(&stack->seen);
	unmap(&stack->flows);
	if (stack->setup)
		munmap(stack->setup, sizeof(*stack->setup));
	free(stack->hashes);
	row_layout_free(&stack->counts);
	bpf_object__close(stack->obj);
	free(stack);
}

/* Set before the classifier is loaded: its device, and the number of CPUs. */
static int configure(struct stack *stack,
		     const struct bpfrig_device *device)
{
	struct bpf_map *rodata, *arrivals, *flows;
	int cpus = libbpf_num_possible_cpus(), err;
	void *bytes;
	size_t size;

	rodata = bpf_object__find_map_by_name(stack->obj, ".rodata");
	arrivals = bpf_object__find_map_by_name(stack->obj, "arrivals");
	flows = bpf_object__find_map_by_name(stack->obj, "flows");
	bytes = rodata ? (void *)bpf_map__initial_value(rodata, &size) : NULL;
	if (!arrivals || !flows || !bytes || size != sizeof(*device))
		return -ENOENT;
	memcpy(bytes, device, sizeof(*device));
	err = bpf_map__set_max_entries(arrivals, BPFRIG_ARRIVALS * cpus);
	if (!err)
		err = bpf_map__set_max_entries(flows, BPFRIG_FLOWS * cpus);
	return err;
}

static int share(const struct stack *stack, const char *name,
		 struct shared_map *shared)
{
	struct bpf_map *map = bpf_object__find_map_by_name(stack->obj, name);
	void *bytes;

	if (!map)
		return -ENOENT;
	shared->size = (size_t)bpf_map__max_entries(map) *
		       bpf_map__value_size(map);
	bytes = mmap(NULL, shared->size, PROT_READ | PROT_WRITE, MAP_SHARED,
		     bpf_map__fd(map), 0);
	if (bytes == MAP_FAILED)
		return -errno;
	shared->bytes = bytes;
	return 0;
}

/* The .bss is a map of one value. */
static int share_setup(struct stack *stack)
{
	struct bpf_map *bss = bpf_object__find_map_by_name(stack->obj, ".bss");
	void *bytes;

	if (!bss || bpf_map__value_size(bss) != sizeof(*stack->setup))
		return -ENOENT;
	bytes = mmap(NULL, sizeof(*stack->setup), PROT_READ | PROT_WRITE,
		     MAP_SHARED, bpf_map__fd(bss), 0);
	if (bytes == MAP_FAILED)
		return -errno;
	stack->setup = bytes;
	return 0;
}

static int share_all(struct stack *stack)
{
	int err = share(stack, "arrivals", &stack->arrivals);

	if (!err)
		err = share(stack, "seen", &stack->seen);
	if (!err)
		err = share(stack, "flows", &stack->flows);
	if (!err)
		err = share_setup(stack);
	return err;
}

static int learn_counts(struct stack *stack)
{
	struct bpf_map *map = bpf_object__find_map_by_name(stack->obj,
							   "stack_count");

	return row_layout_init(&stack->counts, bpf_object__btf(stack->obj),
			       bpf_map__btf_value_type_id(map));
}

/* Opens and loads the object. */
static int load(struct request *rq, struct stack *stack,
		const struct bpfrig_device *device)
{
	char *printed;
	int err;

	stack->obj = bpf_object__open_file(object_path(), NULL);
	err = stack->obj ? configure(stack, device) : -errno;
	if (err)
		return fault_agent(rq, "stack_start", "opening %s: %s",
				   object_path(), strerror(-err));
	err = bpf_object__load(stack->obj);
	if (err) {
		printed = libbpf_log_take();
		load_failure(rq, err, object_path(), printed, "");
		rq->fault.log = printed;
	}
	return err;
}

/* Makes the counts, the log and the lanes readable. */
static int learn(struct request *rq, struct stack *stack)
{
	int err;

	stack->map_fd = bpf_object__find_map_fd_by_name(stack->obj,
							"stack_count");
	err = stack->map_fd < 0 ? -ENOENT : learn_counts(stack);
	if (err)
		return fault_agent(rq, "stack_start",
				   "reading the types of %s: %s", object_path(),
				   strerror(-err));
	stack->sources_fd = bpf_object__find_map_fd_by_name(stack->obj,
							    "sources");
	stack->described_fd = bpf_object__find_map_fd_by_name(stack->obj,
							      "described");
	stack->changed_fd = bpf_object__find_map_fd_by_name(stack->obj,
							    "changed");
	stack->strangers_fd = bpf_object__find_map_fd_by_name(stack->obj,
							      "strangers");
	err = share_all(stack);
	if (err)
		return fault_kernel(rq, err, "mmap", "mapping the maps of %s",
				    object_path());
	return 0;
}

static int attach(struct request *rq, struct stack *stack, const char *dev)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = stack->ifindex,
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 1);
	struct bpf_program *prog;
	int err;

	prog = bpf_object__find_program_by_name(stack->obj, "count_ingress");
	if (!prog)
		return fault_agent(rq, "stack_start", "%s has no program",
				   object_path());
	opts.prog_fd = bpf_program__fd(prog);
	err = bpf_tc_hook_create(&hook);
	if (err && err != -EEXIST)
		return fault_kernel(rq, err, "netlink(RTM_NEWQDISC)",
				    "creating a clsact qdisc (module sch_ingress) on %s",
				    dev);
	stack->attached = true;
	err = bpf_tc_attach(&hook, &opts);
	if (err)
		return fault_kernel(rq, err, "netlink(RTM_NEWTFILTER)",
				    "attaching a classifier (module cls_bpf) to %s",
				    dev);
	return 0;
}

struct stack *stack_new(struct request *rq, const struct device *dev)
{
	struct bpfrig_device device = { .ifindex = dev->ifindex };
	struct stack *stack;
	int err;

	err = device_mac(rq, dev->name, device.mac);
	if (err)
		return NULL;
	stack = calloc(1, sizeof(*stack));
	if (!stack) {
		fault_agent(rq, "calloc", "out of memory");
		return NULL;
	}
	stack->ifindex = dev->ifindex;
	libbpf_log_start();
	err = load(rq, stack, &device);
	if (!err)
		err = learn(rq, stack);
	if (!err)
		err = attach(rq, stack, dev->name);
	if (!err)
		return stack;
	if (!rq->fault.log)
		rq->fault.log = libbpf_log_take();
	stack_free(stack);
	return NULL;
}

/* Zeroes as many bytes of a map as were used. */
static void clear(const struct shared_map *map, size_t used)
{
	memset(map->bytes, 0, used < map->size ? used : map->size);
}

static int zero_counts(struct request *rq, const struct stack *stack)
{
	struct bpfrig_stack_count *counts;
	__u32 zero = 0;
	int err;

	counts = calloc(libbpf_num_possible_cpus(), sizeof(*counts));
	if (!counts)
		return fault_agent(rq, "calloc", "out of memory");
	err = bpf_map_update_elem(stack->map_fd, &zero, counts, 0);
	free(counts);
	if (err)
		return fault_kernel(rq, err, "bpf(BPF_MAP_UPDATE_ELEM)",
				    "zeroing the counts of the stack");
	return 0;
}

int stack_source(struct request *rq, struct stack *stack, __u32 slot,
		 const struct bpfrig_source *source)
{
	size_t end = source->lane + (size_t)source->threads * source->lanes;
	int err;

	if (end > BPFRIG_LANES)
		return fault_request(rq, "source: its lanes end at %zu, and there are %d",
				     end, BPFRIG_LANES);
	err = bpf_map_update_elem(stack->sources_fd, &slot, source, 0);
	if (err)
		return fault_kernel(rq, err, "bpf(BPF_MAP_UPDATE_ELEM)",
				    "setting source %u", slot);
	if (stack->lanes < end)
		stack->lanes = end;
	return 0;
}

int stack_zero(struct request *rq, struct stack *stack)
{
	const struct bpfrig_source none = {};
	__u32 slot;
	int err = 0;

	for (slot = 0; !err && slot < BPFRIG_SOURCES; slot++)
		err = stack_source(rq, stack, slot, &none);
	if (err)
		return err;
	clear(&stack->seen, stack->lanes);
	clear(&stack->flows, stack->flows.size);
	stack->lanes = 0;
	return zero_counts(rq, stack);
}
