/* SPDX-License-Identifier: GPL-2.0 */
/* A TCP server that counts what it receives. */
#ifndef NET_TCP_SERVER_H
#define NET_TCP_SERVER_H

#include <stdbool.h>
#include "core/request.h"

#define TCP_CONNECTIONS	64

struct tcp_server;

/* Listens and accepts, in a thread of its own; NULL after a fault. */
struct tcp_server *tcp_server_new(struct request *rq, const char *ip, int port);
int tcp_server_port(const struct tcp_server *server);
/* {accepted, received_bytes} so far */
json_t *tcp_server_counts(const struct tcp_server *server);
/* Ends its connections. */
void tcp_server_free(struct tcp_server *server);

#endif /* NET_TCP_SERVER_H */
