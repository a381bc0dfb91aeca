// SPDX-License-Identifier: GPL-2.0
/* send: an exact number of frames through an AF_PACKET socket. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "cpu.h"
#include "frame.h"
#include "ops.h"
#include "session.h"

/* A frame that the device has no room for is tried again for this long. */
#define TRIES		2000
#define TRY_PAUSE_US	50

static long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* A socket that only sends: protocol 0 takes nothing in. */
static int open_socket(struct request *rq, const struct frame_args *args)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_ifindex = args->ifindex,
	};
	int fd, one = 1, room = 256 << 20, err;

	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fault_kernel(rq, -errno, "socket(AF_PACKET)",
				    "sending on %s", args->dev);
	/*
	 * An skb that waits in a cpumap's ring is still charged to the socket
	 * that sent it (generic XDP): room for all that a ring can hold.
	 */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one,
		       sizeof(one))) {
		err = fault_kernel(rq, -errno, "bind, PACKET_QDISC_BYPASS",
				   "sending on %s", args->dev);
		close(fd);
		return err;
	}
	return fd;
}

/*
 * 0, or the negative errno of the last try. A device that has no room counts
 * a drop each time, as pktgen does: refused tells of every one.
 */
static int send_one(int fd, const void *frame, size_t size,
		    long long *refused)
{
	int i;

	for (i = 0; i < TRIES && !session_gone(); i++) {
		if (send(fd, frame, size, 0) == (ssize_t)size)
			return 0;
		if (errno == EINTR)
			continue;
		if (errno != ENOBUFS && errno != EAGAIN)
			break;
		(*refused)++;
		usleep(TRY_PAUSE_US);
	}
	return -errno;
}

/* Sleeps until it is frame i's turn. */
static void pace(const struct frame_args *args, long long start, long long i)
{
	long long early;

	if (!args->pps)
		return;
	early = start + i * 1000000 / args->pps - now_us();
	if (early > 0)
		usleep(early);
}

static int send_all(struct request *rq, int fd, const struct frame_args *args,
		    uint8_t *frame)
{
	long long sent = 0, errors = 0, start = now_us(), i;
	int err;

	for (i = 0; i < args->count && !session_gone(); i++) {
		frame_number(frame, args, i);
		pace(args, start, i);
		err = send_one(fd, frame, args->size, &errors);
		if (!err)
			sent++;
		else if (err != -ENOBUFS && err != -EAGAIN)
			return fault_kernel(rq, err, "send(AF_PACKET)",
					    "frame %lld of %lld on %s", i,
					    args->count, args->dev);
	}
	rq->answer = json_pack("{s:I,s:I,s:I}", "sent", (json_int_t)sent,
			       "errors", (json_int_t)errors, "usec",
			       (json_int_t)(now_us() - start));
	return 0;
}

int op_send(struct request *rq)
{
	struct frame_args args;
	uint8_t *frame;
	int fd, err;

	err = frame_args(rq, &args);
	if (!err)
		err = frame_new(rq, &args, &frame);
	if (err)
		return err;
	fd = open_socket(rq, &args);
	if (fd < 0) {
		free(frame);
		return fd;
	}
	err = args.cpu >= 0 ? cpu_pin(rq, args.cpu) : 0;
	if (!err)
		err = send_all(rq, fd, &args, frame);
	if (args.cpu >= 0)
		cpu_unpin();
	close(fd);
	free(frame);
	return err;
}
