// SPDX-License-Identifier: GPL-2.0
/* Programs that count what they return. */
#include <stdint.h>
#include <stdlib.h>
#include "bpf/action_exits.h"
#include "test/test.h"

#define EXIT	(BPF_JMP | BPF_EXIT)
#define JA	(BPF_JMP | BPF_JA)
#define MAP_FD	77

static void exits(void)
{
	/* Two exits, and a constant whose second half looks like a third. */
	struct bpf_insn insns[6 + ACTION_EXITS_ADDED] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 6 },
		{ .code = EXIT, .imm = 5 },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 1, .off = 1 },
		{ .code = EXIT },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2 },
		{ .code = EXIT },
	};
	size_t i, loads = 0;

	CHECK(add_counting(insns, 6, MAP_FD));
	CHECK(insns[1].code == EXIT && insns[1].imm == 5);
	CHECK(insns[2].off == 1);
	CHECK(insns[3].code == JA && insns[3].off == 2);
	CHECK(insns[5].code == JA && insns[5].off == 0);
	for (i = 6; i < 6 + ACTION_EXITS_ADDED - 1; i++) {
		CHECK(insns[i].code != EXIT);
		/* The return value stays where it is. */
		CHECK(!insns[i].code || insns[i].dst_reg != 0);
		loads += insns[i].src_reg == BPF_PSEUDO_MAP_VALUE &&
			 insns[i].imm == MAP_FD;
	}
	CHECK(loads == 1);
	CHECK(insns[6 + ACTION_EXITS_ADDED - 1].code == EXIT);
}

static void left_alone(void)
{
	struct bpf_insn tail[2 + ACTION_EXITS_ADDED] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_tail_call },
		{ .code = EXIT },
	};
	/* A function of the program's own whose distance is the same number. */
	struct bpf_insn function[2 + ACTION_EXITS_ADDED] = {
		{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL,
		  .imm = BPF_FUNC_tail_call },
		{ .code = EXIT },
	};
	size_t n = (size_t)INT16_MAX + 1;
	struct bpf_insn *many = calloc(n + ACTION_EXITS_ADDED, sizeof(*many));

	CHECK(!add_counting(tail, 2, MAP_FD));
	CHECK(tail[1].code == EXIT);
	CHECK(add_counting(function, 2, MAP_FD));
	many[0].code = EXIT;
	CHECK(!add_counting(many, n, MAP_FD));
	CHECK(many[0].code == EXIT);
	CHECK(add_counting(many, n - 1, MAP_FD));
	CHECK(many[0].code == JA && many[0].off == INT16_MAX - 1);
	free(many);
}

static const struct test tests[] = {
	{ "each exit of a program jumps to where it counts", exits },
	{ "tail calls and long programs are left alone", left_alone },
};

TEST_GROUP(action_exits);
