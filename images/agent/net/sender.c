// SPDX-License-Identifier: GPL-2.0
/* An exact number of frames out of a socket, whatever its kind. */
#include <errno.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "core/client.h"
#include "cpu/pin.h"
#include "net/sender.h"

/* A frame that the device has no room for is tried again for this long. */
#define TRIES		2000
#define TRY_PAUSE_US	50

static long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/*
 * An skb that waits in a cpumap's ring is still charged to the socket that
 * sent it (generic XDP): room for all that a ring can hold.
 */
void sender_room(int fd)
{
	int room = 256 << 20;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
}

/*
 * 0, or the negative errno of the last try. A device that has no room counts
 * a drop each time, as pktgen does: refused counts every one.
 */
static int send_one(const struct sender *sender, __u32 seq, long long *refused)
{
	int err = -ENOBUFS, i;

	for (i = 0; i < TRIES && !client_gone(); i++) {
		err = sender->send(sender, seq);
		if (err == -EINTR)
			continue;
		if (err != -ENOBUFS && err != -EAGAIN)
			break;
		(*refused)++;
		usleep(TRY_PAUSE_US);
	}
	return err;
}

/* Sleeps until frame i is due. */
static void pace(const struct sender *sender, long long start, long long i)
{
	long long pps = sender->args->pps, early;

	if (!sender->gap_us && !pps)
		return;
	early = start - now_us() + (sender->gap_us ? i * sender->gap_us :
				    i * 1000000 / pps);
	if (early > 0)
		usleep(early);
}

static int send_all(struct request *rq, const struct sender *sender)
{
	long long sent = 0, errors = 0, start = now_us(), i;
	const struct frame_args *args = sender->args;
	int err;

	for (i = 0; i < args->count && !client_gone(); i++) {
		pace(sender, start, i);
		err = send_one(sender, i, &errors);
		if (!err)
			sent++;
		else if (err != -ENOBUFS && err != -EAGAIN)
			return fault_kernel(rq, err, sender->where,
					    "frame %lld of %lld on %s", i,
					    args->count, args->dev.name);
	}
	rq->answer = json_pack("{s:I,s:I,s:I}", "sent", (json_int_t)sent,
			       "errors", (json_int_t)errors, "usec",
			       (json_int_t)(now_us() - start));
	return 0;
}

int sender_run(struct request *rq, const struct sender *sender)
{
	long long cpu = sender->args->cpu;
	int err;

	err = cpu >= 0 ? cpu_pin(rq, cpu) : 0;
	if (!err)
		err = send_all(rq, sender);
	if (cpu >= 0)
		cpu_unpin();
	return err;
}
