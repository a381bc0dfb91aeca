/* SPDX-License-Identifier: GPL-2.0 */
/* Network devices by name. */
#ifndef NET_DEVICE_H
#define NET_DEVICE_H

#include <net/if.h>
#include <linux/types.h>
#include "core/args.h"

/* A device of this guest, by its name. */
struct device {
	const char *name;	/* NULL when absent */
	int ifindex;
};

/* The name of a device; one that does not exist is a kernel fault. */
#define ARG_DEVICE(owner, member, ...)				\
	ARG_OF(ARG_TYPE_STR, owner, member, struct device,	\
	       .parse = device_parse, __VA_ARGS__)

int device_parse(struct request *rq, const struct arg *arg, json_t *value,
		 void *to);
/* Reads the device's address. */
int device_mac(struct request *rq, const char *dev, __u8 mac[6]);
/* An ioctl(2) of a device: 0 or a negative errno. data may be NULL. */
int device_ioctl(const char *dev, unsigned long request, void *data,
		 struct ifreq *ifr);

#endif /* NET_DEVICE_H */
