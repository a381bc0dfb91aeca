/* SPDX-License-Identifier: GPL-2.0 */
/* TCP connections that send a number of bytes each. */
#ifndef NET_TCP_CLIENT_H
#define NET_TCP_CLIENT_H

#include "net/device.h"

struct tcp_client {
	struct device dev;
	const char *src_ip;
	const char *dst_ip;
	long long port;
	long long connections;
	long long bytes;	/* of each connection */
	long long cpu;		/* -1: not pinned */
	long long within;	/* ms without progress until it gives up */
};

/*
 * Sends, and waits until the other side has closed each connection. Answers
 * {connected, finished, sent_bytes, error, usec}.
 */
int tcp_client_run(struct request *rq, const struct tcp_client *args);

#endif /* NET_TCP_CLIENT_H */
