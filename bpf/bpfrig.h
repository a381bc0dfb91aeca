/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the BPF programs and the agent share: the frames that bpfrig sends, and
 * the keys and sums of the observers' maps. The agent reads those by their BTF:
 * a new member, or a new map NAME_rows, needs no change there.
 */
#ifndef BPFRIG_H
#define BPFRIG_H

#include <linux/types.h>

/*
 * Words are compared, hashed and counted in as a CPU loads them: where the byte
 * is that memory has at this place of a word of 8, in bits from the lowest one.
 */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BPFRIG_BYTE_SHIFT(at)	(56 - 8 * (at))
#else
#define BPFRIG_BYTE_SHIFT(at)	(8 * (at))
#endif

/* The payload is pktgen's, net/core/pktgen.c: struct pktgen_hdr. */
#define BPFRIG_MAGIC	0xbe9be955
#define BPFRIG_PORT	9
#define BPFRIG_SPORT	9000	/* flow f comes from port 9000 + f */

/* Eth, IPv4 without options, UDP: the magic is at 42, the number at 46. */
struct bpfrig_frame {
	__u8 dst_mac[6];
	__u8 src_mac[6];
	__u16 ethertype;
	__u8 version_ihl;
	__u8 tos;
	__u16 ip_len;
	__u16 ip_id;
	__u16 ip_off;
	__u8 ttl;
	__u8 protocol;
	__u16 ip_csum;
	__u32 src_ip;
	__u32 dst_ip;
	__u16 src_port;
	__u16 dst_port;
	__u16 udp_len;
	__u16 udp_csum;
	__u32 magic;
	__u32 seq;
} __attribute__((packed));

/* Largest batch of cpumap.c: CPU_MAP_BULK_SIZE and CPUMAP_BATCH. */
#define BPFRIG_BATCH	8

/*
 * Fields of the observers' tables: harness/oracle/subjects/ declares the unit
 * and the meaning of each, and a test compares the two. Every sum begins with
 * the number of events.
 */
struct bpfrig_enqueue_key {
	__u32 map_id;
	__s32 cpu;
	__s32 to_cpu;
};

struct bpfrig_enqueue_sum {
	__u64 events;
	__u64 processed;
	__u64 drops;
	__u64 batch[BPFRIG_BATCH + 1];
};

struct bpfrig_kthread_key {
	__u32 map_id;
	__s32 cpu;
};

struct bpfrig_kthread_sum {
	__u64 events;
	__u64 processed;
	__u64 drops;
	__u64 sched;
	__u64 xdp_pass;
	__u64 xdp_drop;
	__u64 xdp_redirect;
	__u64 batch[BPFRIG_BATCH + 1];
};

struct bpfrig_redirect_key {
	__u32 prog_id;
	__s32 ifindex;
	__s32 to_ifindex;
	__u32 map_id;
	__u32 map_index;
	__s32 cpu;
	__s32 err;
};

struct bpfrig_redirect_sum {
	__u64 events;
};

/*
 * Most packets go where the previous one went: a CPU counts a run of them
 * here, and adds it to the row of its key when the next run begins. The agent
 * adds the current run. A run with 0 events is empty. Each CPU writes to its
 * own cache lines.
 */
#define BPFRIG_RUN __attribute__((aligned(64)))

struct bpfrig_enqueue_run {
	struct bpfrig_enqueue_sum sum;
	struct bpfrig_enqueue_key key;
} BPFRIG_RUN;

struct bpfrig_kthread_run {
	struct bpfrig_kthread_sum sum;
	struct bpfrig_kthread_key key;
} BPFRIG_RUN;

struct bpfrig_redirect_run {
	struct bpfrig_redirect_sum sum;
	struct bpfrig_redirect_key key;
} BPFRIG_RUN;

/* Guests have no more CPUs: harness/scenario/schema.ts. */
#define BPFRIG_CPUS	64

/* What the observers keep outside of maps: all of their .bss. */
struct bpfrig_observers {
	__u64 lost;	/* events without a place: any makes counts void */
	struct bpfrig_enqueue_run enqueue[BPFRIG_CPUS];
	struct bpfrig_kthread_run kthread[BPFRIG_CPUS];
	struct bpfrig_redirect_run redirect[BPFRIG_CPUS];
};

struct bpfrig_exception_key {
	__u32 prog_id;
	__s32 ifindex;
	__u32 act;
};

struct bpfrig_exception_sum {
	__u64 events;
};

struct bpfrig_devmap_key {
	__s32 from_ifindex;
	__s32 to_ifindex;
	__s32 err;
};

/* Largest batch of devmap.c: DEV_MAP_BULK_SIZE. */
#define BPFRIG_DEVMAP_BATCH	16

struct bpfrig_devmap_sum {
	__u64 events;
	__u64 sent;
	__u64 drops;
	__u64 batch[BPFRIG_DEVMAP_BATCH + 1];
};

/*
 * Behind pktgen's number and time there is padding: zeroes from pktgen, whose
 * time at 50 is off, and from bpfrig's own senders a pattern, byte i of the
 * frame being i & 255. They put BPFRIG_PATTERN at 50, and leave 54 to 57 to
 * the programs: zeroes, which a scenario can say that its program changes.
 */
#define BPFRIG_PATTERN		0xbf50a77e
#define BPFRIG_PATTERN_AT	50
#define BPFRIG_NOTE_AT		54
#define BPFRIG_PADDING_AT	58
#define BPFRIG_FRAME_MAX	9216

/*
 * What one source sends, so that the classifier at tc ingress can compare each
 * frame with it. harness/guest/sent-frames.ts writes it. Frames of a source
 * have ports of their own: thread t of a source sends from flows ports, the
 * first of which is port + t * flows.
 */
#define BPFRIG_SOURCES	16
#define BPFRIG_HEAD	64

enum bpfrig_ids {
	BPFRIG_IDS_ANY,		/* any, or the head's: as its mask says */
	BPFRIG_IDS_COUNT,	/* pktgen: from 0, one up for each frame made */
	BPFRIG_IDS_FLOW,	/* a UDP socket's: one up for each of its own */
};

enum bpfrig_rest {
	BPFRIG_REST_ZERO,	/* pktgen: zeroes */
	BPFRIG_REST_PATTERN,	/* byte i is i & 255 */
	BPFRIG_REST_ANY,	/* a program changes it */
};

struct bpfrig_source {
	__u8 head[BPFRIG_HEAD];	/* the first bytes, without a VLAN tag */
	__u8 mask[BPFRIG_HEAD];	/* 255 for each of them that must be so */
	__u32 len;		/* of the frame, without a tag; 0: no source */
	__u32 tag;		/* protocol << 16 | TCI; 0: no tag */
	__u32 first;		/* number of the first frame */
	__u32 numbers;		/* how many numbers each thread sends */
	__u32 lane;		/* its first lane of the map seen */
	__u32 lanes;		/* lanes of each thread; 0: numbers say nothing */
	__u32 sum;		/* the UDP checksum's other words, added up */
	__u32 at;		/* where its payload is: BPFRIG_AT_* */
	__u16 pseudo;		/* the checksum that is left to the device */
	__u16 port;		/* 9000 and its first flow */
	__u16 flows;
	__u16 threads;
	__u8 ids;		/* enum bpfrig_ids */
	__u8 rest;		/* enum bpfrig_rest: the bytes behind the head */
	__u8 checksum;		/* it has a UDP checksum */
	__u8 loose;		/* BPFRIG_LOOSE_*: what a program changes */
};

/* The payload, which begins with the magic: behind IPv4, or behind IPv6. */
#define BPFRIG_AT_IP4		42
#define BPFRIG_AT_IP6		62

#define BPFRIG_LOOSE_PORT	1	/* from any port */
#define BPFRIG_LOOSE_SUM	2	/* the IP checksum */
#define BPFRIG_LOOSE_LENGTH	4
#define BPFRIG_LOOSE_TAG	8
#define BPFRIG_LOOSE_TURN	16	/* from any of its ports */

/*
 * How often each number came: a lane is one byte of the map seen, which sticks
 * at BPFRIG_LANE_FULL. Number n has lane n modulo the source's lanes.
 */
#define BPFRIG_LANES		(1 << 20)
#define BPFRIG_LANE_FULL	191

/* The order is compared for so many flows, on each CPU. */
#define BPFRIG_FLOWS		1024

struct bpfrig_flow {
	__u32 next;		/* 1 above the highest number; 0: none yet */
	__u16 id;		/* BPFRIG_IDS_FLOW: IP id of its first frame */
	__u16 known;		/* is id set? */
};

/*
 * Where a frame differs from what was sent: 1 and the number of the byte, or
 * one of these.
 */
#define BPFRIG_DIFFERS_TAG	0x10000
#define BPFRIG_DIFFERS_LENGTH	0x10001
#define BPFRIG_DIFFERS_PLACE	0x10002	/* protocol or device of the skb */
#define BPFRIG_DIFFERS_SOURCE	0x10003	/* no source sends from its port */
#define BPFRIG_DIFFERS_MOVED	0x10004	/* the payload is somewhere else */
#define BPFRIG_DIFFERS_UNKNOWN	0x10005	/* no source sends such a frame */

/*
 * Frames without a number, which their source describes byte by byte: the map
 * described has the hash of each, and how often it came.
 */
#define BPFRIG_DESCRIBED	16384

/* Hashes of frames that came in their place, so many of them. */
#define BPFRIG_STRANGERS	1024

/* What a kernel sends by itself: foreign, unless a source sends it, too. */
#define BPFRIG_KIND_ARP		1
#define BPFRIG_KIND_IGMP	2
#define BPFRIG_KIND_ERROR	4	/* of ICMP and ICMPv6 */
#define BPFRIG_KIND_NEIGHBOUR	8	/* neighbour discovery, and MLD */

/* What the classifier knows of all sources: all of its .bss. */
struct bpfrig_stack_setup {
	__u32 described;	/* are there frames without a number? */
	__u32 kinds;		/* BPFRIG_KIND_* that sources send */
};

/*
 * What the frames that are not as sent have in common: in which ways they
 * differ, all of them together.
 */
#define BPFRIG_WHY_TAG		1
#define BPFRIG_WHY_LENGTH	2
#define BPFRIG_WHY_PLACE	4
#define BPFRIG_WHY_SUM		8	/* the IP checksum is wrong */
#define BPFRIG_WHY_TURN		16	/* another flow's port */
#define BPFRIG_WHY_UDP_SUM	32
#define BPFRIG_WHY_REST		64	/* bytes behind the head */
#define BPFRIG_WHY_MOVED	128	/* the payload, all by as many bytes */
#define BPFRIG_WHY_SCATTERED	256	/* the payload, not all by as many */
#define BPFRIG_WHY_SOURCE	512	/* no source sends from its port */
#define BPFRIG_WHY_UNKNOWN	1024	/* without number and description */
#define BPFRIG_WHY_MERGED	2048	/* GRO merged it */
#define BPFRIG_WHY_LENGTHS	4096	/* not all are of the same length */

#define BPFRIG_SAMPLES		4
#define BPFRIG_SAMPLE		128

/* One of them. */
struct bpfrig_sample {
	__u32 len;
	__u32 tag;
	__u32 at;		/* of the payload; 0: unknown */
	__u32 slot;		/* of its source; BPFRIG_SOURCES: none */
	__u8 bytes[BPFRIG_SAMPLE];	/* the first ones */
};

struct bpfrig_changed {
	__u64 diff[BPFRIG_HEAD / 8];	/* bits of the head, as it was sent */
	__u32 why;		/* BPFRIG_WHY_* */
	__u32 rest;		/* 1 and the lowest byte behind the head */
	__s32 moved;		/* by how many bytes the payload is */
	__u32 samples;		/* those that are kept */
	/* Bits of the first bytes that are not the same in all of them. */
	__u64 vary[BPFRIG_SAMPLE / 8];
	struct bpfrig_sample sample[BPFRIG_SAMPLES];
};

/*
 * What reached tc ingress on one CPU: frames of sources, whatever a program did
 * to them, and what is positively known to be somebody else's.
 */
struct bpfrig_stack_count {
	__u64 frames;		/* a merged skb counts as many as are in it */
	__u64 bytes;
	__u64 foreign;
	__u64 foreign_bytes;
	__u64 skbs;		/* with a number: the CPU's arrival log */
	__u64 unnumbered;	/* other skbs, described or strange */
	__u64 strange;		/* packets without number and description */
	__u64 merged;		/* skbs of those that GRO merged */
	__u64 exact;		/* skbs that are byte for byte as sent */
	__u64 metas;		/* skbs whose metadata is their number */
	__u64 ahead;		/* skbs as sent, but for an IP id too high */
	__u64 ahead_most;	/* by so much at most */
	__u64 differs;		/* where the latest one differs that is neither */
	__u64 unsent;		/* packets whose port or number was not sent */
	__u64 unclaimed;	/* of those, from a port of no source */
	__u64 reordered;	/* packets that came after a higher number */
	__u64 unordered;	/* packets of flows without a place for that */
};

/* The device that the stack's classifier is on, all of its .rodata. */
struct bpfrig_device {
	__u32 ifindex;
	__u8 mac[6];
};

/* One skb that reached the stack; each CPU has a log of so many. */
#define BPFRIG_ARRIVALS	16384

struct bpfrig_arrival {
	__u32 seq;
	__u16 src_port;
	__u16 len;
};

/* Slots of the action counters: XDP_ABORTED to XDP_REDIRECT, then the rest. */
#define BPFRIG_ACTIONS	6

#endif /* BPFRIG_H */
