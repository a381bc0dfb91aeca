// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../bpf/bpfrig.h"
#include "bpf_util.h"
#include "cpu.h"
#include "frame.h"
#include "netdev.h"

static bool is_mac(const char *text)
{
	unsigned int b[6];
	int used = 0;

	return sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2],
		      &b[3], &b[4], &b[5], &used) == 6 &&
	       !text[used];
}

int frame_args(struct request *rq, struct frame_args *args)
{
	struct in_addr addr;

	*args = (struct frame_args){
		.size = 64, .cpu = -1, .flows = 1, .src_ip = "198.18.0.1",
		.dst_ip = "198.18.1.1",
	};
	if (arg_dev(rq, &args->dev, &args->ifindex) ||
	    arg_int(rq, "count", 1, 1LL << 31, &args->count) ||
	    arg_opt_int(rq, "size", FRAME_MIN, FRAME_MAX, &args->size) ||
	    arg_opt_int(rq, "cpu", 0, CPU_MAX, &args->cpu) ||
	    arg_opt_int(rq, "flows", 1, 50000, &args->flows) ||
	    arg_opt_int(rq, "first_flow", 0, 1000, &args->first_flow) ||
	    arg_opt_int(rq, "pps", 0, 10000000, &args->pps) ||
	    arg_opt_str(rq, "dst_mac", &args->dst_mac) ||
	    arg_opt_str(rq, "src_ip", &args->src_ip) ||
	    arg_opt_str(rq, "dst_ip", &args->dst_ip))
		return -1;
	if (!args->dst_mac)
		args->dst_mac = "ff:ff:ff:ff:ff:ff";
	if (!is_mac(args->dst_mac))
		return fault_request(rq, "dst_mac: '%s' is not an address",
				     args->dst_mac);
	if (!inet_aton(args->src_ip, &addr) || !inet_aton(args->dst_ip, &addr))
		return fault_request(rq, "src_ip, dst_ip: IPv4 addresses are wanted");
	return 0;
}

static __u16 ip_checksum(const void *header, size_t len)
{
	const __u8 *byte = header;
	__u32 sum = 0;
	size_t i;

	for (i = 0; i < len; i += 2)
		sum += byte[i] << 8 | byte[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

int frame_new(struct request *rq, const struct frame_args *args,
	      uint8_t **out)
{
	struct bpfrig_frame *frame = calloc(1, args->size);
	__u8 *dst = frame->dst_mac, *bytes = (__u8 *)frame;
	const __u32 pattern = htonl(BPFRIG_PATTERN);
	struct in_addr src_ip, dst_ip;
	int err, i;

	if (!frame)
		return fault_agent(rq, "calloc", "out of memory");
	err = netdev_mac(rq, args->dev, frame->src_mac);
	if (err) {
		free(frame);
		return err;
	}
	sscanf(args->dst_mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &dst[0],
	       &dst[1], &dst[2], &dst[3], &dst[4], &dst[5]);
	inet_aton(args->src_ip, &src_ip);
	inet_aton(args->dst_ip, &dst_ip);
	frame->ethertype = htons(ETH_P_IP);
	frame->version_ihl = 0x45;
	frame->ip_len = htons(args->size - ETH_HLEN);
	frame->ttl = 32;	/* as pktgen's */
	frame->protocol = IPPROTO_UDP;
	frame->src_ip = src_ip.s_addr;
	frame->dst_ip = dst_ip.s_addr;
	frame->ip_csum = ip_checksum(&frame->version_ihl, 20);
	frame->dst_port = htons(BPFRIG_PORT);
	frame->udp_len = htons(args->size - ETH_HLEN - 20);
	frame->magic = htonl(BPFRIG_MAGIC);
	memcpy(bytes + BPFRIG_PATTERN_AT, &pattern, sizeof(pattern));
	for (i = BPFRIG_PADDING_AT; i < args->size; i++)
		bytes[i] = i;
	*out = (uint8_t *)frame;
	frame_number(*out, args, 0);
	return 0;
}

void frame_number(uint8_t *bytes, const struct frame_args *args, __u32 seq)
{
	struct bpfrig_frame *frame = (struct bpfrig_frame *)bytes;

	frame->src_port = htons(BPFRIG_SPORT + args->first_flow +
				seq % args->flows);
	frame->seq = htonl(seq);
}
