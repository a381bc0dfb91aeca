/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NETDEV_H
#define NETDEV_H

#include <linux/types.h>
#include "request.h"

int netdev_mac(struct request *rq, const char *dev, __u8 mac[6]);

#endif /* NETDEV_H */
