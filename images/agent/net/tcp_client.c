// SPDX-License-Identifier: GPL-2.0
/*
 * The sending side of tcp. A connection that the kernel ends is no refusal of
 * the request: how many bytes got through is what the caller asks for.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "core/client.h"
#include "cpu/pin.h"
#include "net/inet.h"
#include "net/tcp_client.h"
#include "net/tcp_server.h"

#define CHUNK		(16 << 10)
#define POLL_MS		100

enum state { CONNECTING, SENDING, CLOSING, ENDED };

struct connection {
	enum state state;
	long long sent;
};

struct run {
	const struct tcp_client *args;
	struct pollfd fds[TCP_CONNECTIONS];
	struct connection connections[TCP_CONNECTIONS];
	long long connected;
	long long finished;
	long long ended;
	int error;		/* the first one */
};

static const char chunk[CHUNK] = { 0 };

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void end(struct run *run, int i, int error)
{
	close(run->fds[i].fd);
	run->fds[i].fd = -1;
	run->connections[i].state = ENDED;
	run->ended++;
	if (error && !run->error)
		run->error = error;
}

/* Sends until there is no room; 1 when something was sent, or it ended. */
static int send_some(struct run *run, int i)
{
	struct connection *one = &run->connections[i];
	int fd = run->fds[i].fd, moved = 0;
	long long left;
	ssize_t n;

	while ((left = run->args->bytes - one->sent) > 0) {
		n = send(fd, chunk, left < CHUNK ? left : CHUNK,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return moved;
		if (n < 0) {
			end(run, i, errno);
			return 1;
		}
		one->sent += n;
		moved = 1;
	}
	shutdown(fd, SHUT_WR);
	one->state = CLOSING;
	run->fds[i].events = POLLIN;
	return 1;
}

static int finish_connect(struct run *run, int i)
{
	socklen_t len = sizeof(int);
	int error = 0;

	getsockopt(run->fds[i].fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error) {
		end(run, i, error);
		return 1;
	}
	run->connected++;
	run->connections[i].state = SENDING;
	return send_some(run, i), 1;
}

static int finish_close(struct run *run, int i)
{
	char byte;
	ssize_t n;

	n = recv(run->fds[i].fd, &byte, 1, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == 0)
		run->finished++;
	end(run, i, n < 0 ? errno : 0);
	return 1;
}

/* What comes next of each connection: 1 when there was progress. */
static int (*const steps[])(struct run *run, int i) = {
	[CONNECTING] = finish_connect,
	[SENDING] = send_some,
	[CLOSING] = finish_close,
};

static int open_one(struct request *rq, struct run *run, int i)
{
	const struct tcp_client *args = run->args;
	struct sockaddr_in from = inet_address(args->src_ip, 0);
	struct sockaddr_in to = inet_address(args->dst_ip, args->port);
	int fd;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	run->fds[i] = (struct pollfd){ .fd = fd, .events = POLLOUT };
	if (fd < 0)
		return fault_kernel(rq, -errno, "socket(AF_INET)",
				    "connecting by %s", args->dev.name);
	if (inet_bind_device(fd, &args->dev) ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    (connect(fd, (struct sockaddr *)&to, sizeof(to)) &&
	     errno != EINPROGRESS))
		return fault_kernel(rq, -errno, "bind, connect",
				    "connecting by %s", args->dev.name);
	return 0;
}

static int run_all(struct request *rq, struct run *run)
{
	long long n = run->args->connections, i;
	long long last = now_ms();
	int err;

	for (i = 0; i < n; i++) {
		err = open_one(rq, run, i);
		if (err)
			return err;
	}
	while (run->ended < n && !client_check() &&
	       now_ms() - last < run->args->within) {
		poll(run->fds, n, POLL_MS);
		for (i = 0; i < n; i++)
			if (run->fds[i].fd >= 0 && run->fds[i].revents &&
			    steps[run->connections[i].state](run, i))
				last = now_ms();
	}
	return 0;
}

static json_t *answer_of(const struct run *run, long long usec)
{
	long long sent = 0, i;

	for (i = 0; i < run->args->connections; i++)
		sent += run->connections[i].sent;
	return json_pack("{s:I,s:I,s:I,s:s,s:I}", "connected",
			 (json_int_t)run->connected, "finished",
			 (json_int_t)run->finished, "sent_bytes",
			 (json_int_t)sent, "error",
			 run->error ? errno_name(run->error) : "", "usec",
			 (json_int_t)usec);
}

int tcp_client_run(struct request *rq, const struct tcp_client *args)
{
	struct run run = { .args = args };
	long long start = now_ms();
	int err = 0, i;

	for (i = 0; i < TCP_CONNECTIONS; i++)
		run.fds[i].fd = -1;
	if (args->cpu >= 0)
		err = cpu_pin(rq, args->cpu);
	if (!err)
		err = run_all(rq, &run);
	if (args->cpu >= 0)
		cpu_unpin();
	for (i = 0; i < TCP_CONNECTIONS; i++)
		if (run.fds[i].fd >= 0)
			close(run.fds[i].fd);
	if (!err)
		rq->answer = answer_of(&run, (now_ms() - start) * 1000);
	return err;
}
