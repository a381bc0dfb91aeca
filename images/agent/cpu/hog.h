/* SPDX-License-Identifier: GPL-2.0 */
/* Spinners that starve a CPU. */
#ifndef CPU_HOG_H
#define CPU_HOG_H

#include <stdbool.h>

/* Does a hog of this session spin on the CPU? */
bool hog_has(int cpu);

#endif /* CPU_HOG_H */
