// SPDX-License-Identifier: GPL-2.0
/*
 * The receiving side of tcp: one thread accepts connections, reads them to
 * their end and closes them, so that a client that sees the end of its
 * connection knows that all of its bytes have been counted.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/inet.h"
#include "net/tcp_server.h"

#define STOP	0	/* in fds */
#define LISTEN	1
#define FIRST	2	/* connections */

struct tcp_server {
	int port;
	pthread_t thread;
	struct pollfd fds[FIRST + TCP_CONNECTIONS];
	atomic_llong accepted;
	atomic_llong received;
	char buf[64 << 10];
};

/* Reads what there is; false at the end of a connection. */
static bool drain(struct tcp_server *server, int fd)
{
	ssize_t n;

	for (;;) {
		n = recv(fd, server->buf, sizeof(server->buf), MSG_DONTWAIT);
		if (n > 0)
			server->received += n;
		else if (n == 0)
			return false;
		else if (errno != EINTR)
			return errno == EAGAIN;
	}
}

/* A connection that finds no place stays in the backlog. */
static void accept_one(struct tcp_server *server)
{
	int fd, i;

	for (i = FIRST; i < FIRST + TCP_CONNECTIONS; i++)
		if (server->fds[i].fd < 0)
			break;
	if (i == FIRST + TCP_CONNECTIONS)
		return;
	fd = accept4(server->fds[LISTEN].fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	server->fds[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
	server->accepted++;
}

static void end_connection(struct pollfd *one)
{
	close(one->fd);
	one->fd = -1;
}

static void *serve(void *data)
{
	struct tcp_server *server = data;
	struct pollfd *fds = server->fds;
	int i;

	for (;;) {
		poll(fds, FIRST + TCP_CONNECTIONS, -1);
		if (fds[STOP].revents)
			break;
		for (i = FIRST; i < FIRST + TCP_CONNECTIONS; i++)
			if (fds[i].fd >= 0 && fds[i].revents &&
			    !drain(server, fds[i].fd))
				end_connection(&fds[i]);
		if (fds[LISTEN].revents)
			accept_one(server);
	}
	return NULL;
}

static int start_listening(const char *ip, int port)
{
	struct sockaddr_in addr = inet_address(ip, port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	/* Those of an earlier step may be in TIME_WAIT. */
	inet_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!bind(fd, (struct sockaddr *)&addr, sizeof(addr)) &&
	    !listen(fd, TCP_CONNECTIONS))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static void free_server(struct tcp_server *server)
{
	int i;

	for (i = 0; i < FIRST + TCP_CONNECTIONS; i++)
		if (server->fds[i].fd >= 0)
			close(server->fds[i].fd);
	free(server);
}

struct tcp_server *tcp_server_new(struct request *rq, const char *ip, int port)
{
	struct tcp_server *server = calloc(1, sizeof(*server));
	int err, i;

	if (!server) {
		fault_agent(rq, "calloc", "out of memory");
		return NULL;
	}
	server->port = port;
	for (i = 0; i < FIRST + TCP_CONNECTIONS; i++)
		server->fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	err = start_listening(ip, port);
	if (err < 0) {
		fault_kernel(rq, err, "socket, bind, listen",
			     "listening at %s port %d", ip, port);
		free_server(server);
		return NULL;
	}
	server->fds[LISTEN].fd = err;
	server->fds[STOP].fd = eventfd(0, EFD_CLOEXEC);
	err = server->fds[STOP].fd < 0 ? -errno :
	      -pthread_create(&server->thread, NULL, serve, server);
	if (err) {
		fault_kernel(rq, err, "eventfd, pthread_create",
			     "listening at port %d", port);
		free_server(server);
		return NULL;
	}
	return server;
}

int tcp_server_port(const struct tcp_server *server)
{
	return server->port;
}

json_t *tcp_server_counts(const struct tcp_server *server)
{
	return json_pack("{s:I,s:I}", "accepted",
			 (json_int_t)server->accepted, "received_bytes",
			 (json_int_t)server->received);
}

void tcp_server_free(struct tcp_server *server)
{
	eventfd_write(server->fds[STOP].fd, 1);
	pthread_join(server->thread, NULL);
	free_server(server);
}
