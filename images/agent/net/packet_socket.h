/* SPDX-License-Identifier: GPL-2.0 */
/* An AF_PACKET socket that only sends. */
#ifndef NET_PACKET_SOCKET_H
#define NET_PACKET_SOCKET_H

#include "net/device.h"

/*
 * A socket that sends whole frames on a device, past its queueing discipline.
 * Returns it, or a negative errno after recording a fault.
 */
int packet_socket(struct request *rq, const struct device *dev);

#endif /* NET_PACKET_SOCKET_H */
