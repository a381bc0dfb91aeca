// SPDX-License-Identifier: GPL-2.0
/*
 * A ring of packet(7), TPACKET_V2: the kernel copies each frame into the next
 * slot and drops its reference at once, so that a frame that is captured is
 * kept by nobody for longer than without. Slots are never given back: the ring
 * has the first frames, and the kernel counts those that come when it is full.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/capture_ring.h"

/* Since 4.20; glibc 2.36 does not have it. */
#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

/* What the kernel puts before a frame: tpacket_rcv(), net/packet. */
#define SLOT_HEAD	128
#define BLOCK_MIN	(256 << 10)
#define PAGE		4096

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

static int lay_out(struct request *rq, const struct capture_options *options,
		   struct capture_ring *ring)
{
	size_t block, blocks;

	ring->max = options->max;
	ring->snap = options->snap;
	ring->slot_size = round_up(SLOT_HEAD + options->snap,
				   TPACKET_ALIGNMENT);
	block = round_up(ring->slot_size, PAGE);
	ring->block_size = block < BLOCK_MIN ? BLOCK_MIN : block;
	ring->slots_per_block = ring->block_size / ring->slot_size;
	blocks = round_up(options->max, ring->slots_per_block) /
		 ring->slots_per_block;
	ring->slots = blocks * ring->slots_per_block;
	ring->size = blocks * ring->block_size;
	if (ring->size <= CAPTURE_RING_MAX)
		return 0;
	return fault_request(rq, "max, snap: %lld frames of %lld bytes need %zu KiB, and a capture has at most %d",
			     options->max, options->snap, ring->size >> 10,
			     CAPTURE_RING_MAX >> 10);
}

/* Keeps the first snap bytes of each frame. */
static int set_snap(int fd, __u32 snap)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, snap);
	struct sock_fprog filter = { .len = 1, .filter = &all };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
			  sizeof(filter));
}

static int set_promisc(int fd, int ifindex)
{
	struct packet_mreq mreq = {
		.mr_ifindex = ifindex,
		.mr_type = PACKET_MR_PROMISC,
	};

	return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq,
			  sizeof(mreq));
}

static int make_ring(int fd, const struct capture_ring *ring)
{
	int version = TPACKET_V2;
	struct tpacket_req req = {
		.tp_block_size = ring->block_size,
		.tp_block_nr = ring->size / ring->block_size,
		.tp_frame_size = ring->slot_size,
		.tp_frame_nr = ring->slots,
	};

	return setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version,
			  sizeof(version)) ||
	       setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req));
}

/* The socket receives from its bind() on, when all is ready. */
static int set_up(int fd, const struct device *dev,
		  const struct capture_options *options,
		  struct capture_ring *ring)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = dev->ifindex,
	};
	int ignore = !options->outgoing;

	if (make_ring(fd, ring) || set_snap(fd, options->snap) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &ignore,
		       sizeof(ignore)) ||
	    (options->promisc && set_promisc(fd, dev->ifindex)))
		return -errno;
	ring->bytes = mmap(NULL, ring->size, PROT_READ, MAP_SHARED, fd, 0);
	if (ring->bytes == MAP_FAILED)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return -errno;
	return 0;
}

int capture_ring_open(struct request *rq, const struct device *dev,
		      const struct capture_options *options,
		      struct capture_ring *ring)
{
	int err;

	memset(ring, 0, sizeof(*ring));
	err = lay_out(rq, options, ring);
	if (err)
		return err;
	ring->bytes = MAP_FAILED;
	ring->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (ring->fd < 0)
		return fault_kernel(rq, -errno, "socket(AF_PACKET)",
				    "capturing %s", dev->name);
	err = set_up(ring->fd, dev, options, ring);
	if (!err)
		return 0;
	capture_ring_close(ring);
	return fault_kernel(rq, err, "setsockopt(SOL_PACKET), mmap, bind",
			    "capturing %s", dev->name);
}

void capture_ring_close(struct capture_ring *ring)
{
	if (ring->bytes != MAP_FAILED)
		munmap(ring->bytes, ring->size);
	close(ring->fd);
}

static const struct tpacket2_hdr *slot_of(const struct capture_ring *ring,
					  size_t number)
{
	size_t block = number / ring->slots_per_block;
	size_t slot = number % ring->slots_per_block;

	return (const void *)(ring->bytes + block * ring->block_size +
			      slot * ring->slot_size);
}

/* Copies a frame with its tag, which the kernel took out of the data. */
static void copy_frame(const struct tpacket2_hdr *slot, struct captured *frame)
{
	const uint8_t *bytes = (const uint8_t *)slot + slot->tp_mac;
	bool tagged = slot->tp_status & TP_STATUS_VLAN_VALID &&
		      slot->tp_snaplen >= 2 * ETH_ALEN;
	size_t before = tagged ? 2 * ETH_ALEN : 0, tag = 0;
	__be16 words[2];

	if (tagged) {
		words[0] = htons(slot->tp_status & TP_STATUS_VLAN_TPID_VALID ?
				 slot->tp_vlan_tpid : ETH_P_8021Q);
		words[1] = htons(slot->tp_vlan_tci);
		tag = sizeof(words);
		memcpy(frame->data, bytes, before);
		memcpy(frame->data + before, words, tag);
	}
	memcpy(frame->data + before + tag, bytes + before,
	       slot->tp_snaplen - before);
	frame->kept = slot->tp_snaplen + tag;
	frame->length = slot->tp_len + tag;
}

bool capture_ring_frame(const struct capture_ring *ring, size_t number,
			struct captured *frame)
{
	const struct tpacket2_hdr *slot;
	const struct sockaddr_ll *from;

	if (number >= ring->slots || number >= (size_t)ring->max)
		return false;
	slot = slot_of(ring, number);
	if (!(__atomic_load_n(&slot->tp_status, __ATOMIC_ACQUIRE) &
	      TP_STATUS_USER))
		return false;
	from = (const void *)((const uint8_t *)slot +
			      TPACKET_ALIGN(sizeof(*slot)));
	frame->sec = slot->tp_sec;
	frame->nsec = slot->tp_nsec;
	frame->outgoing = from->sll_pkttype == PACKET_OUTGOING;
	frame->partial = slot->tp_status & TP_STATUS_CSUMNOTREADY;
	copy_frame(slot, frame);
	return true;
}

int capture_ring_lost(struct request *rq, struct capture_ring *ring,
		      long long *lost)
{
	struct tpacket_stats stats;
	socklen_t len = sizeof(stats);
	size_t beyond = 0, i;

	/* The kernel's count begins anew with each reading. */
	if (getsockopt(ring->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		return fault_kernel(rq, -errno, "getsockopt(PACKET_STATISTICS)",
				    "reading a capture");
	ring->dropped += stats.tp_drops;
	for (i = ring->max; i < ring->slots; i++)
		beyond += !!(slot_of(ring, i)->tp_status & TP_STATUS_USER);
	*lost = ring->dropped + beyond;
	return 0;
}
