// SPDX-License-Identifier: GPL-2.0
/* Structs as JSON rows, by BTF that the test makes. */
#include <errno.h>
#include <string.h>
#include "observe/row_layout.h"
#include "test/test.h"

struct numbers {
	__u32 id;
	__s32 err;
	__u16 port;
	__s8 tiny;
	__u64 sums[3];
	__s64 last;
};

static struct btf *types(int *owner, int *bad)
{
	struct btf *btf = btf__new_empty();
	int u32 = btf__add_int(btf, "unsigned int", 4, 0);
	int s32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int u16 = btf__add_int(btf, "unsigned short", 2, 0);
	int s8 = btf__add_int(btf, "signed char", 1, BTF_INT_SIGNED);
	int u64 = btf__add_int(btf, "unsigned long long", 8, 0);
	int s64 = btf__add_int(btf, "long long", 8, BTF_INT_SIGNED);
	int list = btf__add_array(btf, u32, u64, 3);
	int alias = btf__add_typedef(btf, "__s32", btf__add_const(btf, s32));
	int pointer = btf__add_ptr(btf, u32);

	*owner = btf__add_struct(btf, "numbers", sizeof(struct numbers));
	btf__add_field(btf, "id", u32, 8 * offsetof(struct numbers, id), 0);
	btf__add_field(btf, "err", alias, 8 * offsetof(struct numbers, err), 0);
	btf__add_field(btf, "port", u16, 8 * offsetof(struct numbers, port), 0);
	btf__add_field(btf, "tiny", s8, 8 * offsetof(struct numbers, tiny), 0);
	btf__add_field(btf, "sums", list, 8 * offsetof(struct numbers, sums), 0);
	btf__add_field(btf, "last", s64, 8 * offsetof(struct numbers, last), 0);
	*bad = btf__add_struct(btf, "bad", 8);
	btf__add_field(btf, "pointer", pointer, 0, 0);
	return btf;
}

static void rows(void)
{
	struct numbers value = {
		.id = 0xfffffffe, .err = -28, .port = 65535, .tiny = -1,
		.sums = { 1, 1ULL << 52, 3 }, .last = -5,
	};
	struct row_layout layout;
	json_t *row = json_object();
	int owner, bad;
	struct btf *btf = types(&owner, &bad);

	CHECK(row_layout_init(&layout, btf, owner) == 0);
	CHECK(layout.size == sizeof(value));
	row_add(row, &layout, &value);
	JSON_EQUAL(row, "{\"id\":4294967294,\"err\":-28,\"port\":65535,"
			"\"tiny\":-1,\"sums\":[1,4503599627370496,3],"
			"\"last\":-5}");
	row_layout_free(&layout);
	btf__free(btf);
}

static void refusals(void)
{
	struct row_layout layout;
	int owner, bad;
	struct btf *btf = types(&owner, &bad);

	CHECK(row_layout_init(&layout, btf, bad) == -EINVAL);
	CHECK(row_layout_init(&layout, btf, 1) == -EINVAL);
	CHECK(row_layout_init(&layout, btf, 1000) == -EINVAL);
	CHECK(!layout.fields);
	btf__free(btf);
}

static const struct test tests[] = {
	{ "numbers of every size and sign, and lists", rows },
	{ "what is not a struct of numbers is refused", refusals },
};

TEST_GROUP(row_layout);
