// SPDX-License-Identifier: GPL-2.0
/* Makes the frames of bpfrig: IPv4, UDP, pktgen's payload. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpfrig.h"
#include "net/frame.h"

static bool is_mac(const char *text)
{
	unsigned int b[6];
	int used = 0;

	return sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2],
		      &b[3], &b[4], &b[5], &used) == 6 &&
	       !text[used];
}

int mac_parse(struct request *rq, const struct arg *arg, json_t *value,
	      void *to)
{
	const char *text = json_string_value(value);

	if (!is_mac(text))
		return fault_request(rq, "%s: must be an Ethernet address, not '%s'",
				     arg->name, text);
	*(const char **)to = text;
	return 0;
}

int ip_parse(struct request *rq, const struct arg *arg, json_t *value,
	     void *to)
{
	const char *text = json_string_value(value);
	struct in_addr addr;

	if (!inet_aton(text, &addr))
		return fault_request(rq, "%s: must be an IPv4 address, not '%s'",
				     arg->name, text);
	*(const char **)to = text;
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
	err = device_mac(rq, args->dev.name, frame->src_mac);
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
