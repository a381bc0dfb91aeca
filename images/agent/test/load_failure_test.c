// SPDX-License-Identifier: GPL-2.0
/* Which system call a failed load is attributed to. */
#include <errno.h>
#include "bpf/load_failure.h"
#include "test/test.h"

static void is(const char *printed, const char *log, const char *kind,
	       const char *where, const char *message)
{
	struct request rq = {};

	load_failure(&rq, -E2BIG, "program 'p'", printed, log);
	EQUAL(rq.fault.kind, kind);
	EQUAL(rq.fault.where, where);
	EQUAL(rq.fault.message, message);
}

static void calls(void)
{
	/* libbpf 1.1 */
	is("libbpf: map 'next': failed to create: Argument list too long(-7)\n"
	   "libbpf: failed to load object 'bpfrig'\n", "",
	   "kernel", "bpf(BPF_MAP_CREATE)",
	   "creating map 'next' of program 'p'");
	/* It fails again without BTF. */
	is("libbpf: Error in bpf_create_map_xattr(next):EPERM(-1). "
	   "Retrying without BTF.\n"
	   "libbpf: map 'next': failed to create: Operation not permitted(-1)\n"
	   "libbpf: permission error while running as root; try raising "
	   "'ulimit -l'? current value: 64.0 KiB\n", "",
	   "kernel", "bpf(BPF_MAP_CREATE)",
	   "creating map 'next' of program 'p'");
	/* Only the first map has been created, then the program is refused. */
	is("libbpf: Error in bpf_create_map_xattr(next):EINVAL(-22). "
	   "Retrying without BTF.\n"
	   "libbpf: prog 'p': BPF program load failed: Invalid argument\n", "",
	   "kernel", "bpf(BPF_PROG_LOAD)", "loading program 'p'");
	/* libbpf 1.5 */
	is("libbpf: map 'next': failed to create: -E2BIG\n", "",
	   "kernel", "bpf(BPF_MAP_CREATE)",
	   "creating map 'next' of program 'p'");
	is("libbpf: prog 'p': BPF program load failed: Invalid argument\n", "",
	   "kernel", "bpf(BPF_PROG_LOAD)", "loading program 'p'");
	is("libbpf: prog 'p': BPF program load failed: EACCES\n", "R1 invalid",
	   "kernel", "bpf(BPF_PROG_LOAD)", "loading program 'p'");
	is(NULL, "R1 invalid", "kernel", "bpf(BPF_PROG_LOAD)",
	   "loading program 'p'");
	is("libbpf: extern (func ksym) 'f': not found\n", "", "agent",
	   "bpf_object__load",
	   "libbpf cannot load program 'p': Argument list too long");
	is(NULL, "", "agent", "bpf_object__load",
	   "libbpf cannot load program 'p': Argument list too long");
}

static void without_btf(void)
{
	static const char why[] =
		"libbpf cannot load program 'p': it needs the kernel's BTF, "
		"and the kernel is built without CONFIG_DEBUG_INFO_BTF";

	is("libbpf: kernel BTF is missing at '/sys/kernel/btf/vmlinux', was "
	   "CONFIG_DEBUG_INFO_BTF enabled?\n"
	   "libbpf: failed to find valid kernel BTF\n"
	   "libbpf: Error loading vmlinux BTF: -ESRCH\n"
	   "libbpf: failed to load object 'bpfrig'\n", "", "agent",
	   "bpf_object__load", why);
	is("libbpf: failed to find valid kernel BTF\n"
	   "libbpf: Error loading vmlinux BTF: -3\n", "", "agent",
	   "bpf_object__load", why);
}

/* Of a whole object, or of a program's tail calls, the program is named. */
static void others(void)
{
	struct request rq = {};

	is("libbpf: prog 'q': BPF program load failed: Invalid argument\n", "",
	   "kernel", "bpf(BPF_PROG_LOAD)",
	   "loading program 'q' of program 'p'");
	load_failure(&rq, -EACCES, "object 'fw'",
		     "libbpf: prog 'q': BPF program load failed: EACCES\n",
		     "R1 invalid");
	EQUAL(rq.fault.message, "loading program 'q' of object 'fw'");
}

/* libbpf reports what it does with a new map as "failed to create", too. */
static void maps(void)
{
	is("libbpf: Error setting initial map(.rodata) contents: E2BIG\n"
	   "libbpf: map '.rodata': failed to create: E2BIG(-7)\n", "",
	   "kernel", "bpf(BPF_MAP_UPDATE_ELEM)",
	   "filling the map '.rodata' of program 'p'");
	is("libbpf: Error freezing map(.rodata) as read-only: E2BIG\n"
	   "libbpf: map '.rodata': failed to create: E2BIG(-7)\n", "",
	   "kernel", "bpf(BPF_MAP_FREEZE)",
	   "freezing the map '.rodata' of program 'p'");
	is("libbpf: map 'outer': failed to initialize slot [0] to map 'in' "
	   "fd=7: -7\n", "", "kernel", "bpf(BPF_MAP_UPDATE_ELEM)",
	   "filling the map of program 'p'");
	is("libbpf: Error loading .BTF into kernel: -7. BTF is mandatory, "
	   "can't proceed.\n", "", "kernel", "bpf(BPF_BTF_LOAD)",
	   "loading the BTF of program 'p'");
	is("libbpf: Error loading .BTF into kernel: -7. BTF is optional, "
	   "ignoring.\nlibbpf: map 'm': failed to create: E2BIG\n", "",
	   "kernel", "bpf(BPF_MAP_CREATE)",
	   "creating map 'm' of program 'p'");
}

static const struct test tests[] = {
	{ "a map that is created, but not filled", maps },
	{ "the map, the program, or libbpf itself", calls },
	{ "a kernel without BTF", without_btf },
	{ "which program of several", others },
};

TEST_GROUP(load_failure);
