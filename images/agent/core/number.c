// SPDX-License-Identifier: GPL-2.0
/* Numbers in memory, of a size that is known when the agent runs. */
#include <stdint.h>
#include <string.h>
#include "core/number.h"

long long number_at(const void *bytes, size_t size, bool is_signed)
{
	int unused = 64 - 8 * (int)size;
	const uint8_t *at = bytes;
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < size; i++)
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		value = value << 8 | at[i];
#else
		value |= (uint64_t)at[i] << 8 * i;
#endif
	if (is_signed)
		return (int64_t)(value << unused) >> unused;
	return value;
}
