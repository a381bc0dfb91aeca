/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PKTGEN_H
#define PKTGEN_H

#include <stddef.h>

/*
 * One command for a file of pktgen's. A flag that pktgen does not know is no
 * error of the write: only the result that the file then shows tells, and
 * makes it -EINVAL here. What the file shows goes into said, if not NULL.
 */
int pktgen_command(const char *file, const char *command, char *said,
		   size_t size);

#endif /* PKTGEN_H */
