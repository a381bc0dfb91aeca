/* SPDX-License-Identifier: GPL-2.0 */
/* An exact number of frames out of a socket, whatever its kind. */
#ifndef SENDER_H
#define SENDER_H

#include "frame.h"

struct sender {
	const char *where;	/* the system call, for faults */
	/* Sends the frame of this number: 0 or a negative errno. */
	int (*send)(const struct sender *sender, __u32 seq);
	const struct frame_args *args;
	uint8_t *frame;
	const int *fds;		/* what send makes of them is its own */
};

/* A send buffer for all that can be on its way, as long as it lasts. */
void sender_room(int fd);
/*
 * Sends args->count frames from args->cpu, args->pps of them a second, and
 * answers {sent, errors, usec}: errors are the tries that found no room.
 */
int sender_run(struct request *rq, const struct sender *sender);

#endif /* SENDER_H */
