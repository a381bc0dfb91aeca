// SPDX-License-Identifier: GPL-2.0
/*
 * Counts what XDP programs return where no fexit program can: the kernel only
 * attaches those to programs that a JIT compiler made machine code of
 * ("Can attach to only JITed progs", bpf_check_attach_target() in
 * kernel/bpf/verifier.c). Debian's kernels for s390x have none: they are for
 * z10, and arch/s390/Kconfig has HAVE_EBPF_JIT from z196 on.
 *
 * Each exit of the program becomes a jump behind its end, where the return
 * value is counted. All other instructions stay where they are, so that
 * relocations and line numbers do, too.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "bpf/action_exits.h"
#include "bpfrig.h"

/* Absent without CONFIG_BPF_JIT; 0 in it is a choice of the scenario's. */
#define JIT	"/proc/sys/net/core/bpf_jit_enable"

static bool is_call_of(const struct bpf_insn *insn, int helper)
{
	return insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg &&
	       insn->imm == helper;
}

/* The second half of a 64-bit constant is no instruction. */
static bool is_wide(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static bool can_count(const struct bpf_insn *insns, size_t n)
{
	size_t i;

	if (n > INT16_MAX)
		return false;
	for (i = 0; i < n; i++) {
		if (is_wide(&insns[i]))
			i++;
		else if (is_call_of(&insns[i], BPF_FUNC_tail_call))
			return false;
	}
	return true;
}

bool add_counting(struct bpf_insn *insns, size_t n, int map_fd)
{
	const struct bpf_insn counting[ACTION_EXITS_ADDED] = {
		/* w1 = w0, at most BPFRIG_ACTIONS - 1 */
		{ .code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = 1 },
		{ .code = BPF_JMP | BPF_JLE | BPF_K, .dst_reg = 1, .off = 1,
		  .imm = XDP_REDIRECT },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1,
		  .imm = BPFRIG_ACTIONS - 1 },
		{ .code = BPF_ALU64 | BPF_LSH | BPF_K, .dst_reg = 1, .imm = 3 },
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 2,
		  .src_reg = BPF_PSEUDO_MAP_VALUE, .imm = map_fd },
		{},
		{ .code = BPF_ALU64 | BPF_ADD | BPF_X, .dst_reg = 2,
		  .src_reg = 1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 1 },
		{ .code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = 2,
		  .src_reg = 3, .imm = BPF_ADD },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	size_t i;

	if (!can_count(insns, n))
		return false;
	for (i = 0; i < n; i++) {
		if (is_wide(&insns[i]))
			i++;
		else if (insns[i].code == (BPF_JMP | BPF_EXIT))
			insns[i] = (struct bpf_insn) {
				.code = BPF_JMP | BPF_JA, .off = n - i - 1,
			};
	}
	memcpy(insns + n, counting, sizeof(counting));
	return true;
}

static int create_map(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	return bpf_map_create(BPF_MAP_TYPE_ARRAY, ACTION_EXITS_MAP,
			      sizeof(__u32), BPFRIG_ACTIONS * sizeof(__u64), 1,
			      &opts);
}

/* A scenario may load an XDP program as another type, to see it refused. */
static bool is_counted(const struct bpf_program *prog)
{
	return bpf_program__autoload(prog) &&
	       (bpf_program__type(prog) == BPF_PROG_TYPE_XDP ||
		!strncmp(bpf_program__section_name(prog), "xdp", 3));
}

static int count_one(struct request *rq, struct bpf_program *prog, int *map_fd)
{
	size_t n = bpf_program__insn_cnt(prog);
	struct bpf_insn *insns;
	int err = 0;

	*map_fd = create_map();
	if (*map_fd < 0)
		return fault_kernel(rq, *map_fd, "bpf(BPF_MAP_CREATE)",
				    "creating a map of counters");
	insns = malloc((n + ACTION_EXITS_ADDED) * sizeof(*insns));
	if (!insns)
		return fault_agent(rq, "malloc", "out of memory");
	memcpy(insns, bpf_program__insns(prog), n * sizeof(*insns));
	if (add_counting(insns, n, *map_fd))
		err = bpf_program__set_insns(prog, insns,
					     n + ACTION_EXITS_ADDED);
	free(insns);
	if (err)
		return fault_agent(rq, "bpf_program__set_insns",
				   "program '%s': %s", bpf_program__name(prog),
				   strerror(-err));
	return 0;
}

int count_at_exits(struct request *rq, struct bpf_object *obj,
		   struct action_exits *exits)
{
	struct bpf_program *prog;
	size_t n = 0;
	int err;

	*exits = (struct action_exits){};
	if (!access(JIT, F_OK))
		return 0;
	bpf_object__for_each_program(prog, obj)
		n++;
	exits->map_fds = calloc(n, sizeof(*exits->map_fds));
	if (n && !exits->map_fds)
		return fault_agent(rq, "calloc", "out of memory");
	bpf_object__for_each_program(prog, obj) {
		if (!is_counted(prog))
			continue;
		err = count_one(rq, prog, &exits->map_fds[exits->n++]);
		if (err)
			return err;
	}
	return 0;
}

void action_exits_close(struct action_exits *exits)
{
	while (exits->n)
		if (exits->map_fds[--exits->n] >= 0)
			close(exits->map_fds[exits->n]);
	free(exits->map_fds);
	*exits = (struct action_exits){};
}

static bool is_exits_map(int fd)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &size) &&
	       !strcmp(info.name, ACTION_EXITS_MAP);
}

/* A program has at most MAX_USED_MAPS: include/linux/bpf_verifier.h. */
#define MAX_MAPS	64

int action_exits_map(int prog_fd)
{
	__u32 ids[MAX_MAPS], size = sizeof(struct bpf_prog_info), i;
	struct bpf_prog_info info = {
		.nr_map_ids = MAX_MAPS, .map_ids = (__u64)(unsigned long)ids,
	};
	int fd, err;

	if (!access(JIT, F_OK))
		return -ENOENT;
	err = bpf_obj_get_info_by_fd(prog_fd, &info, &size);
	if (err)
		return err;
	for (i = 0; i < info.nr_map_ids && i < MAX_MAPS; i++) {
		fd = bpf_map_get_fd_by_id(ids[i]);
		if (fd < 0)
			continue;
		if (is_exits_map(fd))
			return fd;
		close(fd);
	}
	return -ENOENT;
}
