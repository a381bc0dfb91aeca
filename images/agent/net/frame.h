/* SPDX-License-Identifier: GPL-2.0 */
/* The frames of pktgen, send and udp: their arguments, and their bytes. */
#ifndef NET_FRAME_H
#define NET_FRAME_H

#include <linux/types.h>
#include "cpu/cpus.h"
#include "net/device.h"

/* From struct bpfrig_frame plus the rest of pktgen's header, to a jumbo. */
#define FRAME_MIN	58
#define FRAME_MAX	9014

struct frame_args {
	struct device dev;
	long long count;
	long long size;		/* of the frame without its checksum */
	long long cpu;		/* -1: not pinned */
	long long flows;
	long long first_flow;
	long long pps;		/* 0: unlimited */
	const char *dst_mac;
	const char *src_ip;
	const char *dst_ip;
};

#define FRAME_DEFAULTS {					\
	.size = 64, .cpu = -1, .flows = 1,			\
	.dst_mac = "ff:ff:ff:ff:ff:ff",				\
	.src_ip = "198.18.0.1", .dst_ip = "198.18.1.1",		\
}

/* The arguments of a source whose struct has a member "frame" of the above. */
#define FRAME_ARG(kind, owner, member, dest, ...)		\
	{ .name = #member, .type = kind,			\
	  .offset = ARG_OFFSET(owner, frame.member, dest), __VA_ARGS__ }
#define FRAME_INT(owner, member, low, high, ...)		\
	FRAME_ARG(ARG_TYPE_INT, owner, member, long long,	\
		  .min = (low), .max = (high), __VA_ARGS__)

#define FRAME_ARGS(owner)						\
	FRAME_ARG(ARG_TYPE_STR, owner, dev, struct device,		\
		  .parse = device_parse, REQUIRED),			\
	FRAME_INT(owner, count, 1, 1LL << 31, REQUIRED),		\
	FRAME_INT(owner, size, FRAME_MIN, FRAME_MAX),			\
	FRAME_INT(owner, cpu, 0, CPU_MAX),				\
	FRAME_INT(owner, flows, 1, 50000),				\
	FRAME_INT(owner, first_flow, 0, 1000),				\
	FRAME_INT(owner, pps, 0, 10000000),				\
	FRAME_ARG(ARG_TYPE_STR, owner, src_ip, const char *,		\
		  .parse = ip_parse),					\
	FRAME_ARG(ARG_TYPE_STR, owner, dst_ip, const char *,		\
		  .parse = ip_parse)

/* For the sources that choose the Ethernet address themselves. */
#define FRAME_MAC_ARG(owner)						\
	FRAME_ARG(ARG_TYPE_STR, owner, dst_mac, const char *,		\
		  .parse = mac_parse)

int ip_parse(struct request *rq, const struct arg *arg, json_t *value,
	     void *to);
int mac_parse(struct request *rq, const struct arg *arg, json_t *value,
	      void *to);

/* A frame of args->size bytes with number 0 and the first flow; malloc'd. */
int frame_new(struct request *rq, const struct frame_args *args,
	      uint8_t **frame);
/* Makes it the frame number seq, of the flow whose turn it is. */
void frame_number(uint8_t *frame, const struct frame_args *args, __u32 seq);

#endif /* NET_FRAME_H */
