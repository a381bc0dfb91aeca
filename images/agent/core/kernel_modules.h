/* SPDX-License-Identifier: GPL-2.0 */
/* Modules of the kernel. */
#ifndef CORE_KERNEL_MODULES_H
#define CORE_KERNEL_MODULES_H

/* Loads the kernel modules that a file lists; returns the exit code. */
int load_kernel_modules(const char *list);

#endif /* CORE_KERNEL_MODULES_H */
