// SPDX-License-Identifier: GPL-2.0
/* A device's common counters through rtnetlink: RTM_GETSTATS. */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/op.h"
#include "net/link_stats.h"

/* What net/core/net-sysfs.c has a file for. */
#define COUNTERS(X)							\
	X(rx_packets) X(tx_packets) X(rx_bytes) X(tx_bytes)		\
	X(rx_errors) X(tx_errors) X(rx_dropped) X(tx_dropped)		\
	X(multicast) X(collisions) X(rx_length_errors)			\
	X(rx_over_errors) X(rx_crc_errors) X(rx_frame_errors)		\
	X(rx_fifo_errors) X(rx_missed_errors) X(tx_aborted_errors)	\
	X(tx_carrier_errors) X(tx_fifo_errors) X(tx_heartbeat_errors)	\
	X(tx_window_errors) X(rx_compressed) X(tx_compressed)		\
	X(rx_nohandler)

#define COUNTER(name) { #name, offsetof(struct rtnl_link_stats64, name) },

static const struct {
	const char *name;
	size_t offset;
} counters[] = { COUNTERS(COUNTER) };

json_t *link_stats_json(const struct rtnl_link_stats64 *stats, size_t size)
{
	json_t *json = json_object();
	__u64 value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		if (counters[i].offset + sizeof(value) > size)
			continue;
		memcpy(&value, (const char *)stats + counters[i].offset,
		       sizeof(value));
		json_object_set_new(json, counters[i].name,
				    json_integer(value));
	}
	return json;
}

/* One request, one answer; returns its length or less than 0. */
static ssize_t query(int ifindex, void *answer, size_t size)
{
	struct {
		struct nlmsghdr header;
		struct if_stats_msg stats;
	} request = {
		.header.nlmsg_len = sizeof(request),
		.header.nlmsg_type = RTM_GETSTATS,
		.header.nlmsg_flags = NLM_F_REQUEST,
		.stats.ifindex = ifindex,
		.stats.filter_mask =
			IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64),
	};
	ssize_t n = -1;
	int fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -1;
	if (send(fd, &request, sizeof(request), 0) == sizeof(request))
		n = recv(fd, answer, size, 0);
	close(fd);
	return n;
}

json_t *link_stats(int ifindex)
{
	union {
		struct nlmsghdr header;
		char bytes[4096];
	} answer;
	ssize_t n = query(ifindex, &answer, sizeof(answer));
	const struct rtattr *attr;
	const char *stats;
	int left;

	if (n < 0 || !NLMSG_OK(&answer.header, (size_t)n) ||
	    answer.header.nlmsg_type != RTM_NEWSTATS)
		return json_object();
	stats = NLMSG_DATA(&answer.header);
	attr = (const struct rtattr *)(stats + NLMSG_ALIGN(
					       sizeof(struct if_stats_msg)));
	left = NLMSG_PAYLOAD(&answer.header, sizeof(struct if_stats_msg));
	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if (attr->rta_type == IFLA_STATS_LINK_64)
			return link_stats_json(RTA_DATA(attr),
					       RTA_PAYLOAD(attr));
	return json_object();
}
