// SPDX-License-Identifier: GPL-2.0
/* Types of tracepoint records, made of what tracefs says. */
#include <errno.h>
#include <string.h>
#include "observe/event_types.h"
#include "observe/row_layout.h"
#include "test/test.h"

/* As 6.12 has it, with the 8 bytes that every record begins with. */
static const char redirect[] =
	"name: xdp_redirect\nID: 300\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:int prog_id;\toffset:8;\tsize:4;\tsigned:1;\n"
	"\tfield:u32 act;\toffset:12;\tsize:4;\tsigned:0;\n"
	"\tfield:const void * tgt;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:__data_loc char[] dev;\toffset:24;\tsize:4;\tsigned:0;\n"
	"\tfield:char name[16];\toffset:28;\tsize:16;\tsigned:0;\n"
	"\nprint fmt: \"field: %d;\", REC->prog_id\n";

static const struct btf_type *type_named(const struct btf *btf,
					 const char *name)
{
	__s32 id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	return id < 0 ? NULL : btf__type_by_id(btf, id);
}

static void fields(void)
{
	struct btf *btf = btf__new_empty();
	const struct btf_member *id, *target;
	const struct btf_type *type, *number;

	CHECK(event_type_add(btf, "xdp_redirect", redirect) == 0);
	type = type_named(btf, "trace_event_raw_xdp_redirect");
	CHECK(type && type->size == 24);
	id = type ? btf_member_named(btf, type, "prog_id") : NULL;
	CHECK(id && id->offset == 8 * 8);
	number = id ? btf__type_by_id(btf, id->type) : NULL;
	CHECK(number && number->size == 4 &&
	      btf_int_encoding(number) == BTF_INT_SIGNED);
	target = type ? btf_member_named(btf, type, "tgt") : NULL;
	CHECK(target && target->offset == 8 * 16);
	/* No numbers. */
	CHECK(type && !btf_member_named(btf, type, "dev"));
	CHECK(type && !btf_member_named(btf, type, "name"));
	btf__free(btf);
}

/* With PREEMPT_RT of 5.10, for example, records have one field more. */
static void elsewhere(void)
{
	static const char exception[] =
		"\tfield:int prog_id;\toffset:12;\tsize:4;\tsigned:1;\n";
	struct btf *btf = btf__new_empty();
	const struct btf_type *type;

	CHECK(event_type_add(btf, "xdp_redirect", redirect) == 0);
	CHECK(event_type_add(btf, "xdp_exception", exception) == 0);
	type = type_named(btf, "trace_event_raw_xdp_exception");
	CHECK(type && btf_vlen(type) == 1 && type->size == 16);
	CHECK(type && btf_members(type)[0].offset == 8 * 12);
	CHECK(event_type_add(btf, "none", "name: none\nformat:\n") ==
	      -EINVAL);
	btf__free(btf);
}

static const struct test tests[] = {
	{ "the fields of an event that are numbers", fields },
	{ "records that begin later", elsewhere },
};

TEST_GROUP(event_types);
