/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOG_H
#define HOG_H

#include <stdbool.h>

/* Does a hog of this session spin on the CPU? */
bool hog_has(int cpu);

#define HOG_PRIORITY	1

/*
 * Since 6.12 a server gives ordinary tasks 5 % of a CPU all the same. off
 * gives its runtime, or NULL where there is none; on takes it back and frees.
 */
char *fair_server_off(int cpu);
void fair_server_on(int cpu, char *runtime);
/*
 * A softirq that is put off is ksoftirqd's to do, and until that has run the
 * CPU does no other: an interrupt of the management network there, and the
 * guest is cut off. So it goes before a hog.
 */
void ksoftirqd_first(int cpu, bool first);

#endif /* HOG_H */
