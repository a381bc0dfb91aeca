/* SPDX-License-Identifier: GPL-2.0 */
/* A device's common counters. */
#ifndef NET_LINK_STATS_H
#define NET_LINK_STATS_H

#include <linux/if_link.h>
#include <jansson.h>

/*
 * A device's common counters, named as in /sys/class/net/DEV/statistics, whose
 * 24 files would be three system calls each. Empty when they cannot be read.
 */
json_t *link_stats(int ifindex);

/* The counters as JSON: size bytes of the kernel's struct. */
json_t *link_stats_json(const struct rtnl_link_stats64 *stats, size_t size);

#endif /* NET_LINK_STATS_H */
