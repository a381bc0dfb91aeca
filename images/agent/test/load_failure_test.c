// SPDX-License-Identifier: GPL-2.0
/* Which system call a failed load is attributed to. */
#include <errno.h>
#include "bpf/load_failure.h"
#include "test/test.h"

static void is(const char *printed, const char *log, const char *kind,
	       const char *where, const char *message)
{
	struct request rq = {};

	load_failure(&rq, -E2BIG, "p", printed, log);
	EQUAL(rq.fault.kind, kind);
	EQUAL(rq.fault.where, where);
	EQUAL(rq.fault.message, message);
}

static void calls(void)
{
	/* libbpf 1.1 */
	is("libbpf: map 'next': failed to create: Argument list too long(-7)\n"
	   "libbpf: failed to load object 'bpfrig'\n", "",
	   "kernel", "bpf(BPF_MAP_CREATE)", "creating map 'next' of program 'p'");
	/* libbpf 1.5 */
	is("libbpf: map 'next': failed to create: -E2BIG\n", "",
	   "kernel", "bpf(BPF_MAP_CREATE)", "creating map 'next' of program 'p'");
	is("libbpf: prog 'p': BPF program load failed: Invalid argument\n", "",
	   "kernel", "bpf(BPF_PROG_LOAD)", "loading program 'p'");
	is("libbpf: prog 'p': BPF program load failed: EACCES\n", "R1 invalid",
	   "kernel", "bpf(BPF_PROG_LOAD)", "loading program 'p'");
	is(NULL, "R1 invalid", "kernel", "bpf(BPF_PROG_LOAD)",
	   "loading program 'p'");
	is("libbpf: failed to find valid kernel BTF\n", "", "agent",
	   "bpf_object__load",
	   "libbpf cannot load program 'p': Argument list too long");
	is(NULL, "", "agent", "bpf_object__load",
	   "libbpf cannot load program 'p': Argument list too long");
}

static const struct test tests[] = {
	{ "the map, the program, or libbpf itself", calls },
};

TEST_GROUP(load_failure);
