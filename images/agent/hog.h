/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOG_H
#define HOG_H

#include <stdbool.h>

/* Does a hog of this session spin on the CPU? */
bool hog_has(int cpu);

#endif /* HOG_H */
