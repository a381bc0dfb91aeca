/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's way to write a set of CPUs. */
#ifndef CORE_CPU_LIST_H
#define CORE_CPU_LIST_H

#include <jansson.h>

/* "0-3,5" as [0,1,2,3,5]; what follows the list is ignored. */
json_t *cpu_list(const char *text);

#endif /* CORE_CPU_LIST_H */
