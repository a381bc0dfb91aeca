/* SPDX-License-Identifier: GPL-2.0 */
/* What libbpf prints. */
#ifndef BPF_LIBBPF_LOG_H
#define BPF_LIBBPF_LOG_H

/*
 * Collects what libbpf prints in this thread from here on: netlink's extended
 * acknowledgement, and which system call failed, are only printed. take
 * returns it as a malloc'd string, or NULL when there is nothing.
 */
void libbpf_log_start(void);
char *libbpf_log_take(void);

#endif /* BPF_LIBBPF_LOG_H */
