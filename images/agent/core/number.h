/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers in memory, of a size that is known when the agent runs. */
#ifndef CORE_NUMBER_H
#define CORE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* A number of 1, 2, 4 or 8 bytes, as this CPU has it in memory. */
long long number_at(const void *bytes, size_t size, bool is_signed);

#endif /* CORE_NUMBER_H */
