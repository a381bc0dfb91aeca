/* SPDX-License-Identifier: GPL-2.0 */
/* The frames of one device in a ring that the kernel fills: packet(7). */
#ifndef NET_CAPTURE_RING_H
#define NET_CAPTURE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "net/device.h"

/* A ring is memory of the kernel, all of it from the beginning. */
#define CAPTURE_RING_MAX	(16 << 20)
#define CAPTURE_SNAP_MAX	65535
/* A tag that the kernel keeps apart is put back. */
#define CAPTURE_TAG		4

struct capture_options {
	long long max;		/* frames */
	long long snap;		/* bytes of a frame that are kept */
	bool outgoing;		/* also what the device sends */
	bool promisc;
};

struct capture_ring {
	int fd;
	uint8_t *bytes;
	size_t size;
	size_t block_size;
	size_t slot_size;
	size_t slots_per_block;
	size_t slots;
	long long snap;
	long long max;
	long long dropped;	/* by the kernel, because the ring was full */
};

/* One frame of a ring. */
struct captured {
	long long sec;
	long long nsec;
	size_t length;		/* of the frame */
	size_t kept;		/* in data */
	bool outgoing;
	bool partial;		/* the sender left the checksum to the device */
	uint8_t data[CAPTURE_SNAP_MAX + CAPTURE_TAG];
};

/* Begins to capture a device. */
int capture_ring_open(struct request *rq, const struct device *dev,
		      const struct capture_options *options,
		      struct capture_ring *ring);
void capture_ring_close(struct capture_ring *ring);
/* The frame of this number, from 0; false when there are no more. */
bool capture_ring_frame(const struct capture_ring *ring, size_t number,
			struct captured *frame);
/* Frames that were seen, and are not among the first max of the ring. */
int capture_ring_lost(struct request *rq, struct capture_ring *ring,
		      long long *lost);

#endif /* NET_CAPTURE_RING_H */
