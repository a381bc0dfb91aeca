// SPDX-License-Identifier: GPL-2.0
/*
 * tcp_*: connections through the kernel's stack, with byte counts on both
 * sides. The two sides are ops of their own, because in topology link they are
 * in two guests. The orchestrator makes routes by which they meet on the wire.
 */
#include <pthread.h>
#include <string.h>
#include "core/op.h"
#include "cpu/cpus.h"
#include "net/frame.h"
#include "net/tcp_client.h"
#include "net/tcp_server.h"

#define MAX_SERVERS	16

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tcp_server *servers[MAX_SERVERS];
static size_t n_servers;

static struct tcp_server **server_at(int port)
{
	size_t i;

	for (i = 0; i < n_servers; i++)
		if (tcp_server_port(servers[i]) == port)
			return &servers[i];
	return NULL;
}

struct listen_args {
	const char *ip;
	long long port;
};

static const struct arg listen_args[] = {
	ARG_STR(struct listen_args, ip, .parse = ip_parse, REQUIRED),
	ARG_INT(struct listen_args, port, 1, 65535, REQUIRED),
};

static int start_server(struct request *rq, const struct listen_args *args)
{
	struct tcp_server *server;

	if (server_at(args->port))
		return fault_request(rq, "port: %lld is listened at already",
				     args->port);
	if (n_servers == MAX_SERVERS)
		return fault_request(rq, "port: at most %d ports are listened at",
				     MAX_SERVERS);
	server = tcp_server_new(rq, args->ip, args->port);
	if (!server)
		return -rq->fault.code;
	servers[n_servers++] = server;
	return 0;
}

static int op_tcp_listen(struct request *rq, const void *data)
{
	int err;

	pthread_mutex_lock(&lock);
	err = start_server(rq, data);
	pthread_mutex_unlock(&lock);
	return err;
}

struct close_args {
	long long port;
};

static const struct arg close_args[] = {
	ARG_INT(struct close_args, port, 1, 65535, REQUIRED),
};

static int op_tcp_close(struct request *rq, const void *data)
{
	const struct close_args *args = data;
	struct tcp_server **slot, *server;

	pthread_mutex_lock(&lock);
	slot = server_at(args->port);
	if (!slot) {
		pthread_mutex_unlock(&lock);
		return fault_request(rq, "port: nobody listens at %lld",
				     args->port);
	}
	server = *slot;
	*slot = servers[--n_servers];
	pthread_mutex_unlock(&lock);
	rq->answer = tcp_server_counts(server);
	tcp_server_free(server);
	return 0;
}

static const struct tcp_client connect_defaults = {
	.connections = 1, .cpu = -1, .within = 10000,
};

static const struct arg connect_args[] = {
	ARG_DEVICE(struct tcp_client, dev, REQUIRED),
	ARG_STR(struct tcp_client, src_ip, .parse = ip_parse, REQUIRED),
	ARG_STR(struct tcp_client, dst_ip, .parse = ip_parse, REQUIRED),
	ARG_INT(struct tcp_client, port, 1, 65535, REQUIRED),
	ARG_INT(struct tcp_client, bytes, 0, 1LL << 40, REQUIRED),
	ARG_INT(struct tcp_client, connections, 1, TCP_CONNECTIONS),
	ARG_INT(struct tcp_client, cpu, 0, CPU_MAX),
	ARG_INT(struct tcp_client, within, 1, 600000),
};

static int op_tcp_connect(struct request *rq, const void *data)
{
	return tcp_client_run(rq, data);
}

static void drop_servers(void)
{
	pthread_mutex_lock(&lock);
	while (n_servers)
		tcp_server_free(servers[--n_servers]);
	pthread_mutex_unlock(&lock);
}

static const struct op ops[] = {
	{ .name = "tcp_listen", .run = op_tcp_listen,
	  OP_ARGS(listen_args, struct listen_args) },
	{ .name = "tcp_connect", .run = op_tcp_connect,
	  .defaults = &connect_defaults,
	  OP_ARGS(connect_args, struct tcp_client) },
	{ .name = "tcp_close", .run = op_tcp_close,
	  OP_ARGS(close_args, struct close_args) },
};

const struct module tcp_module = {
	.name = "tcp", MODULE_OPS(ops), .drop = drop_servers,
};
