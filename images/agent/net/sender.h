/* SPDX-License-Identifier: GPL-2.0 */
/* An exact number of frames out of a socket, whatever its kind. */
#ifndef NET_SENDER_H
#define NET_SENDER_H

#include "net/frame.h"

struct sender {
	const char *where;	/* the system call, for faults */
	/* Sends the frame of this number: 0 or a negative errno. */
	int (*send)(const struct sender *sender, __u32 seq);
	const struct frame_args *args;
	uint8_t *frame;
	const int *fds;		/* the sockets that send() uses */
	long long gap_us;	/* from one frame to the next; 0: args->pps */
};

/* Gives a socket a send buffer for all frames that can be under way. */
void sender_room(int fd);
/*
 * Sends args->count frames from args->cpu, args->pps of them per second, and
 * answers {sent, errors, usec}: errors are the tries that found no room.
 */
int sender_run(struct request *rq, const struct sender *sender);

#endif /* NET_SENDER_H */
