/* SPDX-License-Identifier: GPL-2.0 */
/* The frames of pktgen, send and udp: their arguments, and their bytes. */
#ifndef FRAME_H
#define FRAME_H

#include <linux/types.h>
#include "request.h"

/* From struct bpfrig_frame plus the rest of pktgen's header, to a jumbo. */
#define FRAME_MIN	58
#define FRAME_MAX	9014

struct frame_args {
	const char *dev;
	int ifindex;
	long long count;
	long long size;		/* of the frame without its checksum */
	long long cpu;		/* -1: wherever it likes */
	long long flows;
	long long first_flow;
	long long pps;		/* 0: as fast as it goes */
	const char *dst_mac;
	const char *src_ip;
	const char *dst_ip;
};

/* The arguments that the sources share, defaults filled in. */
int frame_args(struct request *rq, struct frame_args *args);
/* A frame of args->size bytes with number 0 and the first flow; malloc'd. */
int frame_new(struct request *rq, const struct frame_args *args,
	      uint8_t **frame);
/* Makes it the frame number seq, of the flow that is its turn. */
void frame_number(uint8_t *frame, const struct frame_args *args, __u32 seq);

#endif /* FRAME_H */
