// SPDX-License-Identifier: GPL-2.0
/* What a kernel makes of a program by its BTF, and with and without its own. */
#include "bpf/kernel_btf.h"
#include "core/lockdown.h"
#include "test/test.h"

/* int f(STRUCT *) with as many arguments more. */
static __u32 function(struct btf *btf, const char *context, int more)
{
	int number, pointer, proto, i;

	number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	pointer = *context ? btf__add_struct(btf, context, 4) : 0;
	pointer = btf__add_ptr(btf, btf__add_const(btf, pointer));
	proto = btf__add_func_proto(btf, number);
	btf__add_func_param(btf, "ctx", pointer);
	for (i = 0; i < more; i++)
		btf__add_func_param(btf, "more", number);
	return btf__add_func(btf, "f", BTF_FUNC_GLOBAL, proto);
}

static void prototypes(void)
{
	struct btf *btf = btf__new_empty();

	CHECK(is_xdp_prototype(btf, function(btf, "xdp_md", 0)));
	CHECK(!is_xdp_prototype(btf, function(btf, "xdp_md", 1)));
	CHECK(!is_xdp_prototype(btf, function(btf, "__sk_buff", 0)));
	CHECK(!is_xdp_prototype(btf, function(btf, "", 0)));
	CHECK(!is_xdp_prototype(btf, 0));
	CHECK(!is_xdp_prototype(btf, 1));
	btf__free(btf);
}

static void lockdown(void)
{
	char level[32];

	lockdown_of("none [integrity] confidentiality\n", level);
	EQUAL(level, "integrity");
	lockdown_of("[none] integrity confidentiality\n", level);
	EQUAL(level, "none");
	lockdown_of("integrity\n", level);
	EQUAL(level, "");
}

static const struct test tests[] = {
	{ "which programs are of one argument to a kernel", prototypes },
	{ "how far a kernel is locked down", lockdown },
};

TEST_GROUP(kernel_btf);
