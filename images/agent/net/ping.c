// SPDX-License-Identifier: GPL-2.0
/* ping: ICMP echo requests, and the replies of the other side's kernel. */
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "core/client.h"
#include "core/op.h"
#include "net/inet.h"
#include "net/sender.h"

/* Ethernet and IPv4: what is before an echo request in its frame. */
#define ECHO_AT		(14 + 20)
#define MAX_COUNT	10000	/* less than there are sequence numbers */
#define POLL_MS		100
#define ID		htons(0xb9f0)

struct ping {
	struct device dev;
	const char *src_ip;
	const char *dst_ip;
	long long count;
	long long size;
	long long cpu;
	long long pps;
	long long within;	/* ms without a reply until it gives up */
};

static const struct ping ping_defaults = {
	.size = 98, .cpu = -1, .within = 1000,
};

static const struct arg ping_args[] = {
	ARG_DEVICE(struct ping, dev, REQUIRED),
	ARG_STR(struct ping, src_ip, .parse = ip_parse, REQUIRED),
	ARG_STR(struct ping, dst_ip, .parse = ip_parse, REQUIRED),
	ARG_INT(struct ping, count, 1, MAX_COUNT, REQUIRED),
	ARG_INT(struct ping, size, ECHO_AT + 8, 1514),
	ARG_INT(struct ping, cpu, 0, CPU_MAX),
	ARG_INT(struct ping, pps, 0, 10000000),
	ARG_INT(struct ping, within, 1, 600000),
};

static __u16 checksum(const __u8 *bytes, size_t len)
{
	__u32 sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i % 2 ? bytes[i] : bytes[i] << 8;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static int send_echo(const struct sender *sender, __u32 seq)
{
	struct icmphdr *echo = (struct icmphdr *)sender->frame;
	ssize_t size = sender->args->size - ECHO_AT;

	echo->un.echo.sequence = htons(seq);
	echo->checksum = 0;
	echo->checksum = checksum(sender->frame, size);
	return send(*sender->fds, echo, size, 0) == size ? 0 : -errno;
}

struct replies {
	bool seen[MAX_COUNT];
	long long distinct;
	long long duplicates;
};

/* An IP packet with an ICMP message, as a raw socket receives it. */
static void count_reply(struct replies *replies, const __u8 *packet, ssize_t n,
			long long count)
{
	const struct iphdr *ip = (const void *)packet;
	const struct icmphdr *echo;
	int seq;

	if (n < (ssize_t)sizeof(*ip) ||
	    n < ip->ihl * 4 + (ssize_t)sizeof(*echo))
		return;
	echo = (const void *)(packet + ip->ihl * 4);
	seq = ntohs(echo->un.echo.sequence);
	if (echo->type != ICMP_ECHOREPLY || echo->un.echo.id != ID ||
	    seq >= count)
		return;
	if (replies->seen[seq])
		replies->duplicates++;
	else
		replies->distinct++;
	replies->seen[seq] = true;
}

/* Reads what there is: false when nothing came. */
static bool read_replies(int fd, struct replies *replies, long long count)
{
	__u8 packet[2048];
	bool some = false;
	ssize_t n;

	while ((n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT)) > 0) {
		count_reply(replies, packet, n, count);
		some = true;
	}
	return some;
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void await_replies(int fd, const struct ping *args,
			  struct replies *replies)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	long long last = now_ms();

	while (replies->distinct < args->count && !client_check() &&
	       now_ms() - last < args->within) {
		poll(&readable, 1, POLL_MS);
		if (read_replies(fd, replies, args->count))
			last = now_ms();
	}
	/* Those that come twice come at once. */
	read_replies(fd, replies, args->count);
}

static int open_socket(struct request *rq, const struct ping *args)
{
	struct sockaddr_in from = inet_address(args->src_ip, 0);
	struct sockaddr_in to = inet_address(args->dst_ip, 0);
	int fd, room = 32 << 20, err;

	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (fd < 0)
		return fault_kernel(rq, -errno, "socket(SOCK_RAW)",
				    "pinging by %s", args->dev.name);
	sender_room(fd);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (inet_bind_device(fd, &args->dev) ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		err = fault_kernel(rq, -errno, "bind, connect",
				   "pinging by %s", args->dev.name);
		close(fd);
		return err;
	}
	return fd;
}

static int run(struct request *rq, const struct ping *args, __u8 *echo,
	       struct replies *replies)
{
	struct frame_args frame = {
		.dev = args->dev, .count = args->count, .size = args->size,
		.cpu = args->cpu, .pps = args->pps, .flows = 1,
	};
	int fd = open_socket(rq, args), err;
	struct sender sender = {
		.where = "send(IPPROTO_ICMP)", .send = send_echo,
		.args = &frame, .frame = echo, .fds = &fd,
	};

	if (fd < 0)
		return fd;
	err = sender_run(rq, &sender);
	if (!err) {
		await_replies(fd, args, replies);
		json_object_set_new(rq->answer, "replies",
				    json_integer(replies->distinct));
		json_object_set_new(rq->answer, "duplicates",
				    json_integer(replies->duplicates));
	}
	close(fd);
	return err;
}

static int op_ping(struct request *rq, const void *data)
{
	const struct ping *args = data;
	struct replies *replies = calloc(1, sizeof(*replies));
	__u8 *echo = calloc(1, args->size);
	struct icmphdr *head = (struct icmphdr *)echo;
	int err;

	if (replies && echo) {
		head->type = ICMP_ECHO;
		head->un.echo.id = ID;
		err = run(rq, args, echo, replies);
	} else {
		err = fault_agent(rq, "calloc", "out of memory");
	}
	free(echo);
	free(replies);
	return err;
}

static const struct op ops[] = {
	{ .name = "ping", .run = op_ping, .defaults = &ping_defaults,
	  OP_ARGS(ping_args, struct ping) },
};

const struct module ping_module = { .name = "ping", MODULE_OPS(ops) };
