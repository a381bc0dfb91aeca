// SPDX-License-Identifier: GPL-2.0
/* netdev: a device's counters, the common ones and ethtool's. */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/op.h"
#include "net/device.h"
#include "net/link_stats.h"

static __u32 ethtool_count(const char *dev)
{
	struct {
		struct ethtool_sset_info info;
		__u32 count;
	} query = {
		.info.cmd = ETHTOOL_GSSET_INFO,
		.info.sset_mask = 1ULL << ETH_SS_STATS,
	};
	struct ifreq ifr;

	if (device_ioctl(dev, SIOCETHTOOL, &query, &ifr) ||
	    !query.info.sset_mask)
		return 0;
	return query.count;
}

/* Empty for a device without statistics of its own. */
static json_t *ethtool_stats(const char *dev)
{
	__u32 n = ethtool_count(dev), i;
	json_t *json = json_object();
	struct ethtool_gstrings *names;
	struct ethtool_stats *stats;
	struct ifreq ifr;

	names = calloc(1, sizeof(*names) + n * ETH_GSTRING_LEN);
	stats = calloc(1, sizeof(*stats) + n * sizeof(__u64));
	if (!n || !names || !stats)
		goto out;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	names->len = n;
	stats->cmd = ETHTOOL_GSTATS;
	stats->n_stats = n;
	if (device_ioctl(dev, SIOCETHTOOL, names, &ifr) ||
	    device_ioctl(dev, SIOCETHTOOL, stats, &ifr))
		goto out;
	for (i = 0; i < n; i++) {
		char name[ETH_GSTRING_LEN + 1] = "";

		memcpy(name, names->data + i * ETH_GSTRING_LEN,
		       ETH_GSTRING_LEN);
		json_object_set_new(json, name, json_integer(stats->data[i]));
	}
out:
	free(names);
	free(stats);
	return json;
}

struct netdev {
	struct device dev;
};

static const struct arg netdev_args[] = {
	ARG_DEVICE(struct netdev, dev, REQUIRED),
};

static int op_netdev(struct request *rq, const void *data)
{
	const struct netdev *args = data;
	const char *dev = args->dev.name;
	char text[18];
	__u8 mac[6] = {};
	int err;

	err = device_mac(rq, dev, mac);
	if (err)
		return err;
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
	rq->answer = json_pack("{s:i,s:s,s:o,s:o}", "ifindex",
			       args->dev.ifindex, "mac", text, "stats",
			       link_stats(args->dev.ifindex), "ethtool",
			       ethtool_stats(dev));
	return 0;
}

static const struct op ops[] = {
	{ .name = "netdev", .run = op_netdev,
	  OP_ARGS(netdev_args, struct netdev) },
};

const struct module netdev_module = { .name = "netdev", MODULE_OPS(ops) };
