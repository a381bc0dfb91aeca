// SPDX-License-Identifier: GPL-2.0
/* What a program returns, counted by an fexit program on it. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "bpf/handles.h"
#include "bpf/libbpf_log.h"
#include "bpf/object.h"
#include "bpfrig.h"
#include "core/op.h"

struct counter {
	struct counter *next;
	__u32 prog_id;		/* of the program that is counted */
	struct bpf_object *obj;
	struct bpf_link *link;
	int fd;			/* of the fexit program, obj's own */
	const volatile __u64 *actions;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct counter *counters;

static void counter_free(struct counter *counter)
{
	bpf_link__destroy(counter->link);
	if (counter->actions)
		munmap((void *)counter->actions, sysconf(_SC_PAGESIZE));
	bpf_object__close(counter->obj);
	free(counter);
}

static struct counter *counter_of(__u32 prog_id)
{
	struct counter *counter = counters;

	while (counter && counter->prog_id != prog_id)
		counter = counter->next;
	return counter;
}

/* Loads and attaches; what fails is named in *step. */
static int counter_start(struct counter *counter, const struct handle *target,
			 const char **step)
{
	struct bpf_program *prog;
	struct bpf_map *bss;
	void *page;
	int err;

	*step = "opening " BPF_DIR "actions.bpf.o";
	counter->obj = bpf_object__open_file(BPF_DIR "actions.bpf.o", NULL);
	if (!counter->obj)
		return -errno;
	prog = bpf_object__find_program_by_name(counter->obj, "count_action");
	bss = bpf_object__find_map_by_name(counter->obj, ".bss");
	if (!prog || !bss)
		return -ENOENT;
	*step = "finding the program's function by its BTF";
	err = bpf_program__set_attach_target(prog, target->fd,
					     target->function);
	if (err)
		return err;
	*step = "loading an fexit program";
	err = bpf_object__load(counter->obj);
	if (err)
		return err;
	counter->fd = bpf_program__fd(prog);
	*step = "mapping its counters";
	page = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED,
		    bpf_map__fd(bss), 0);
	if (page == MAP_FAILED)
		return -errno;
	counter->actions = page;
	*step = "attaching an fexit program";
	counter->link = bpf_program__attach(prog);
	return counter->link ? 0 : -errno;
}

struct actions {
	struct handle program;
};

static const struct arg actions_args[] = {
	ARG_PROGRAM(struct actions, program, REQUIRED),
};

static int op_actions_start(struct request *rq, const void *data)
{
	const struct handle *target = &((const struct actions *)data)->program;
	struct counter *counter;
	const char *step;
	int err = 0;

	pthread_mutex_lock(&lock);
	if (counter_of(target->id))
		goto out;
	counter = calloc(1, sizeof(*counter));
	if (!counter) {
		err = fault_agent(rq, "calloc", "out of memory");
		goto out;
	}
	counter->prog_id = target->id;
	libbpf_log_start();
	err = counter_start(counter, target, &step);
	if (err) {
		fault_kernel(rq, err, "actions_start",
			     "%s, to count what '%s' returns", step,
			     target->name);
		rq->fault.log = libbpf_log_take();
		counter_free(counter);
		goto out;
	}
	counter->next = counters;
	counters = counter;
out:
	pthread_mutex_unlock(&lock);
	return err;
}

static int op_actions_read(struct request *rq, const void *data)
{
	static const char *const names[BPFRIG_ACTIONS] = {
		"aborted", "drop", "pass", "tx", "redirect", "other",
	};
	const struct handle *target = &((const struct actions *)data)->program;
	struct bpf_prog_info info;
	struct counter *counter;
	int err, i;

	pthread_mutex_lock(&lock);
	counter = counter_of(target->id);
	if (!counter) {
		err = fault_request(rq, "program: '%s' has no actions_start",
				    target->name);
		goto out;
	}
	err = object_info(rq, counter->fd, &info, sizeof(info));
	if (err)
		goto out;
	/* Must not happen, because XDP runs do not nest; the counts would be void. */
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
				    json_integer(counter->actions[i]));
out:
	pthread_mutex_unlock(&lock);
	return err;
}

static void drop_actions(void)
{
	struct counter *counter;

	pthread_mutex_lock(&lock);
	while ((counter = counters)) {
		counters = counter->next;
		counter_free(counter);
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
	.name = "actions", MODULE_OPS(ops), .drop = drop_actions,
};
