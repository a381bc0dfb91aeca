// SPDX-License-Identifier: GPL-2.0
/*
 * Counts what a program returns by an fexit program on it. Its instructions
 * are read from actions.bpf.o once, and loaded once per counted program: with
 * libbpf each of them would open and parse the object, read the program's BTF
 * back from the kernel and load a BTF, which takes longer than the rest.
 * Without a JIT compiler the program counts itself: bpf/action_exits.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "bpf/action_exits.h"
#include "bpf/object.h"
#include "observe/action_counter.h"

#define OBJECT		BPF_DIR "actions.bpf.o"
#define MAX_INSNS	32
#define LOG_SIZE	65536

static struct bpf_insn insns[MAX_INSNS];
static size_t n_insns;

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void action_counter_free(struct action_counter *counter)
{
	close_fd(counter->link_fd);
	close_fd(counter->fd);
	if (counter->actions)
		munmap((void *)counter->actions, sysconf(_SC_PAGESIZE));
	close_fd(counter->map_fd);
	free(counter->log);
	free(counter);
}

/* Reads the fexit program, as long as that has not succeeded. */
static int read_insns(void)
{
	struct bpf_program *prog;
	struct bpf_object *obj;
	int err = -ENOENT;

	if (n_insns)
		return 0;
	obj = bpf_object__open_file(OBJECT, NULL);
	if (!obj)
		return -errno;
	prog = bpf_object__find_program_by_name(obj, "count_action");
	if (prog && bpf_program__insn_cnt(prog) <= MAX_INSNS) {
		n_insns = bpf_program__insn_cnt(prog);
		memcpy(insns, bpf_program__insns(prog),
		       n_insns * sizeof(*insns));
		err = 0;
	}
	bpf_object__close(obj);
	return err;
}

void action_counter_prepare(void)
{
	read_insns();
}

/* All addresses that the program loads are of its only variable. */
static void relocate(struct bpf_insn copy[MAX_INSNS], int map_fd)
{
	size_t i;

	memcpy(copy, insns, sizeof(insns));
	for (i = 0; i + 1 < n_insns; i++) {
		if (copy[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		copy[i].src_reg = BPF_PSEUDO_MAP_VALUE;
		copy[i + 1].imm = copy[i].imm;	/* the offset in the variable */
		copy[i].imm = map_fd;
		i++;
	}
}

static int load_fexit(struct action_counter *counter,
		      const struct handle *target)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = BPF_TRACE_FEXIT,
		    .attach_prog_fd = target->fd,
		    .attach_btf_id = target->function_id);
	struct bpf_insn copy[MAX_INSNS];
	int fd;

	relocate(copy, counter->map_fd);
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "count_action", "GPL", copy,
			   n_insns, &opts);
	if (fd >= 0)
		return fd;
	counter->log = calloc(1, LOG_SIZE);
	opts.log_buf = counter->log;
	opts.log_size = counter->log ? LOG_SIZE : 0;
	opts.log_level = counter->log ? 1 : 0;
	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "count_action", "GPL",
			     copy, n_insns, &opts);
}

static int create_map(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "actions", sizeof(__u32),
			      BPFRIG_ACTIONS * sizeof(__u64), 1, &opts);
}

static int map_actions(struct action_counter *counter)
{
	void *page = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED,
			  counter->map_fd, 0);
	int i;

	if (page == MAP_FAILED)
		return -errno;
	counter->actions = page;
	for (i = 0; i < BPFRIG_ACTIONS; i++)
		counter->before[i] = counter->actions[i];
	return 0;
}

/* Loads and attaches; *call is the system call that fails, *step what for. */
static int start(struct action_counter *counter, const struct handle *target,
		 const char **call, const char **step)
{
	int err;

	*call = "bpf(BPF_MAP_CREATE)";
	*step = "creating a map of counters";
	counter->map_fd = action_exits_map(target->fd);
	if (counter->map_fd < 0)
		counter->map_fd = create_map();
	else
		counter->counts_itself = true;
	if (counter->map_fd < 0)
		return counter->map_fd;
	*call = "mmap";
	*step = "mapping the counters";
	err = map_actions(counter);
	if (err || counter->counts_itself)
		return err;
	*call = "bpf(BPF_PROG_LOAD)";
	*step = "loading an fexit program";
	counter->fd = load_fexit(counter, target);
	if (counter->fd < 0)
		return counter->fd;
	*call = "bpf(BPF_LINK_CREATE)";
	*step = "attaching an fexit program";
	counter->link_fd = bpf_link_create(counter->fd, 0, BPF_TRACE_FEXIT,
					   NULL);
	return counter->link_fd < 0 ? counter->link_fd : 0;
}

struct action_counter *action_counter_new(struct request *rq,
					  const struct handle *target)
{
	struct action_counter *counter;
	const char *call, *step;
	int err;

	if (!target->function_id) {
		fault_request(rq, "program: '%s' has no BTF, so no fexit program can be attached to it",
			      target->name);
		return NULL;
	}
	err = read_insns();
	if (err) {
		fault_agent(rq, "actions_start", "reading " OBJECT ": %s",
			    strerror(-err));
		return NULL;
	}
	counter = calloc(1, sizeof(*counter));
	if (!counter) {
		fault_agent(rq, "calloc", "out of memory");
		return NULL;
	}
	counter->prog_id = target->id;
	counter->map_fd = counter->fd = counter->link_fd = -1;
	err = start(counter, target, &call, &step);
	if (!err)
		return counter;
	fault_kernel(rq, err, call, "%s, to count what '%s' returns", step,
		     target->name);
	rq->fault.log = counter->log;
	counter->log = NULL;
	action_counter_free(counter);
	return NULL;
}
