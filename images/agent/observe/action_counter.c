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
#include "bpf/kernel_btf.h"
#include "bpf/object.h"
#include "observe/action_counter.h"

#define OBJECT		BPF_DIR "actions.bpf.o"
#define MAX_INSNS	32
#define LOG_SIZE	65536

struct code {
	const char *name;
	struct bpf_insn insns[MAX_INSNS];
	size_t n_insns;
};

/* What the kernel takes a program for decides where its return value is. */
enum { OF_ONE, OF_FIVE, CODES };

static struct code codes[CODES] = {
	[OF_ONE] = { .name = "count_action" },
	[OF_FIVE] = { .name = "count_action_of_five" },
};

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

static int read_code(const struct bpf_object *obj, struct code *code)
{
	struct bpf_program *prog;

	prog = bpf_object__find_program_by_name(obj, code->name);
	if (!prog || bpf_program__insn_cnt(prog) > MAX_INSNS)
		return -ENOENT;
	code->n_insns = bpf_program__insn_cnt(prog);
	memcpy(code->insns, bpf_program__insns(prog),
	       code->n_insns * sizeof(*code->insns));
	return 0;
}

/* Reads the fexit programs, as long as that has not succeeded. */
static int read_insns(void)
{
	struct bpf_object *obj;
	int err = 0, i;

	if (codes[CODES - 1].n_insns)
		return 0;
	obj = bpf_object__open_file(OBJECT, NULL);
	if (!obj)
		return -errno;
	for (i = 0; !err && i < CODES; i++)
		err = read_code(obj, &codes[i]);
	bpf_object__close(obj);
	return err;
}

void action_counter_prepare(void)
{
	read_insns();
}

/* All addresses that the program loads are of its only variable. */
static void relocate(struct bpf_insn copy[MAX_INSNS], const struct code *code,
		     int map_fd)
{
	size_t i;

	memcpy(copy, code->insns, sizeof(code->insns));
	for (i = 0; i + 1 < code->n_insns; i++) {
		if (copy[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		copy[i].src_reg = BPF_PSEUDO_MAP_VALUE;
		copy[i + 1].imm = copy[i].imm;	/* the offset in the variable */
		copy[i].imm = map_fd;
		i++;
	}
}

/* With a buffer for the verifier's log, or without one. */
static int load_code(const struct code *code, int map_fd,
		     const struct handle *target, char *log)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = BPF_TRACE_FEXIT,
		    .attach_prog_fd = target->fd,
		    .attach_btf_id = target->function_id,
		    .log_buf = log, .log_size = log ? LOG_SIZE : 0,
		    .log_level = log ? 1 : 0);
	struct bpf_insn copy[MAX_INSNS];

	relocate(copy, code, map_fd);
	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "count_action", "GPL", copy,
			     code->n_insns, &opts);
}

/*
 * The program for a function of one argument can be loaded for any, and would
 * count something else; that for a function of five only for one.
 */
static int load_fexit(struct action_counter *counter,
		      const struct handle *target)
{
	int fd = -1;

	if (!target->plain || !kernel_has_btf())
		fd = load_code(&codes[OF_FIVE], counter->map_fd, target, NULL);
	if (fd < 0)
		fd = load_code(&codes[OF_ONE], counter->map_fd, target, NULL);
	if (fd >= 0)
		return fd;
	counter->log = calloc(1, LOG_SIZE);
	return load_code(&codes[OF_ONE], counter->map_fd, target,
			 counter->log);
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
