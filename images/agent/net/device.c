// SPDX-License-Identifier: GPL-2.0
/* Network devices by name: an argument, an address, an ioctl. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/device.h"

int device_parse(struct request *rq, const struct arg *arg, json_t *value,
		 void *to)
{
	struct device *dev = to;

	(void)arg;
	dev->name = json_string_value(value);
	dev->ifindex = if_nametoindex(dev->name);
	if (!dev->ifindex)
		return fault_kernel(rq, -errno, "ioctl(SIOCGIFINDEX)",
				    "looking for device '%s'", dev->name);
	return 0;
}

int device_ioctl(const char *dev, unsigned long request, void *data,
		 struct ifreq *ifr)
{
	int fd, err = 0;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	memset(ifr, 0, sizeof(*ifr));
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", dev);
	if (data)
		ifr->ifr_data = data;
	if (ioctl(fd, request, ifr))
		err = -errno;
	close(fd);
	return err;
}

int device_mac(struct request *rq, const char *dev, __u8 mac[6])
{
	struct ifreq ifr;
	int err;

	err = device_ioctl(dev, SIOCGIFHWADDR, NULL, &ifr);
	if (err)
		return fault_kernel(rq, err, "ioctl(SIOCGIFHWADDR)",
				    "reading the address of %s", dev);
	memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
	return 0;
}
