// SPDX-License-Identifier: GPL-2.0
/* Numbers in memory. */
#include <stdint.h>
#include "core/number.h"
#include "test/test.h"

static void sizes(void)
{
	uint8_t u8 = 0xfe;
	uint16_t u16 = 0xfffe;
	uint32_t u32 = 0xfffffffe;
	uint64_t u64 = 0x0102030405060708;
	int64_t s64 = -2;

	CHECK(number_at(&u8, 1, false) == 0xfe);
	CHECK(number_at(&u8, 1, true) == -2);
	CHECK(number_at(&u16, 2, false) == 0xfffe);
	CHECK(number_at(&u16, 2, true) == -2);
	CHECK(number_at(&u32, 4, false) == 0xfffffffe);
	CHECK(number_at(&u32, 4, true) == -2);
	CHECK(number_at(&u64, 8, false) == 0x0102030405060708);
	CHECK(number_at(&s64, 8, true) == -2);
}

static const struct test tests[] = {
	{ "each size, with and without a sign", sizes },
};

TEST_GROUP(number);
