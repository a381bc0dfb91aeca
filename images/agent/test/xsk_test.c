// SPDX-License-Identifier: GPL-2.0
/* The rings of an AF_XDP socket, with this side's and the kernel's part. */
#include <string.h>
#include "net/xsk_table.h"
#include "test/test.h"

#define CHUNKS		4
#define CHUNK_SIZE	2048

/* A ring as the kernel lays it out, but in memory of this test. */
struct made_ring {
	__u32 producer;
	__u32 consumer;
	union {
		__u64 addresses[4];
		struct xdp_desc descs[4];
	};
};

static uint8_t bytes[CHUNKS * CHUNK_SIZE];
static __u32 free_chunks[CHUNKS];
static struct xsk_umem umem;
static struct made_ring fill, completion, rx, tx;
static struct xsk xsk;

static struct xsk_ring ring_of(struct made_ring *made, __u32 size)
{
	memset(made, 0, sizeof(*made));
	return (struct xsk_ring){
		.producer = &made->producer, .consumer = &made->consumer,
		.descs = &made->addresses, .size = size,
	};
}

/* All chunks are free, the first ones on top. */
static void begin(void)
{
	size_t i;

	umem = (struct xsk_umem){
		.users = 1, .bytes = bytes, .size = sizeof(bytes),
		.chunk_size = CHUNK_SIZE, .free = free_chunks,
		.n_free = CHUNKS,
	};
	for (i = 0; i < CHUNKS; i++)
		free_chunks[i] = CHUNKS - 1 - i;
	xsk = (struct xsk){
		.fd = -1, .umem = &umem, .pool = &xsk,
		.fill = ring_of(&fill, 2),
		.completion = ring_of(&completion, 4),
		.rx = ring_of(&rx, 2), .tx = ring_of(&tx, 2),
	};
}

static void fills(void)
{
	begin();
	CHECK(xsk_fill(&xsk, 1) == 1);
	CHECK(fill.addresses[0] == 0 && fill.producer == 1);
	/* The ring has room for one more, whatever is asked for. */
	CHECK(xsk_fill(&xsk, 9) == 1);
	CHECK(fill.addresses[1] == CHUNK_SIZE && umem.n_free == 2);
	CHECK(xsk_fill(&xsk, 1) == 0);
	/* The kernel takes one. */
	fill.consumer++;
	CHECK(xsk_fill(&xsk, 9) == 1);
	CHECK(fill.addresses[0] == 2 * CHUNK_SIZE && umem.n_free == 1);
}

static void takes_back(void)
{
	begin();
	CHECK(xsk_fill(&xsk, 2) == 2);
	/* The kernel has one of them. */
	fill.consumer++;
	xsk_unfill(&xsk);
	CHECK(umem.n_free == 3 && fill.producer == 1);
	CHECK(xsk_fill(&xsk, 1) == 1 && fill.addresses[1] == CHUNK_SIZE);
	xsk.fill.size = 0;
	xsk_unfill(&xsk);
	CHECK(umem.n_free == 2);
}

/* The kernel receives a frame. */
static void deliver(__u64 address, __u32 len)
{
	rx.descs[rx.producer++ % 2] = (struct xdp_desc){
		.addr = address, .len = len,
	};
}

static void receives(void)
{
	struct xdp_desc desc;

	begin();
	CHECK(!xsk_next(&xsk, &desc));
	xsk_fill(&xsk, 2);
	fill.consumer += 2;
	deliver(256, 64);
	deliver(CHUNK_SIZE + 256, 100);
	CHECK(xsk_next(&xsk, &desc) && desc.len == 64);
	CHECK(xsk_bytes(&xsk, &desc) == bytes + 256);
	/* Its chunk is free again, and the kernel's at once. */
	xsk_release(&xsk, &desc, true);
	CHECK(fill.producer == 3 && fill.addresses[0] == 0);
	CHECK(umem.n_free == 2);
	CHECK(xsk_next(&xsk, &desc) && desc.len == 100);
	xsk_release(&xsk, &desc, false);
	CHECK(fill.producer == 3 && umem.n_free == 3);
	CHECK(!xsk_next(&xsk, &desc));
}

static void addresses(void)
{
	struct xdp_desc inside = { .addr = 3 * CHUNK_SIZE, .len = CHUNK_SIZE };
	struct xdp_desc across = { .addr = 3 * CHUNK_SIZE + 1,
				   .len = CHUNK_SIZE };
	struct xdp_desc beyond = { .addr = sizeof(bytes) + 1, .len = 0 };
	/* Of unaligned chunks the offset is in the upper bits. */
	struct xdp_desc unaligned = {
		.addr = CHUNK_SIZE | 300ULL << XSK_UNALIGNED_BUF_OFFSET_SHIFT,
		.len = 10,
	};

	begin();
	CHECK(xsk_bytes(&xsk, &inside) == bytes + 3 * CHUNK_SIZE);
	CHECK(!xsk_bytes(&xsk, &across));
	CHECK(!xsk_bytes(&xsk, &beyond));
	CHECK(xsk_bytes(&xsk, &unaligned) == bytes + CHUNK_SIZE + 300);
	umem.n_free = 0;
	xsk_release(&xsk, &unaligned, false);
	CHECK(umem.n_free == 1 && free_chunks[0] == 1);
}

static void sends(void)
{
	begin();
	CHECK(xsk_place(&xsk, "frame", 5));
	CHECK(tx.descs[0].addr == 0 && tx.descs[0].len == 5);
	CHECK(!memcmp(bytes, "frame", 5));
	CHECK(xsk_place_bad(&xsk));
	CHECK(tx.descs[1].addr == sizeof(bytes));
	CHECK(xsk_waiting(&xsk) == 2);
	/* The ring is full. */
	CHECK(!xsk_place(&xsk, "again", 5) && !xsk_place_bad(&xsk));
	CHECK(umem.n_free == 3);
	/* The kernel has sent the frame, and returns both. */
	tx.consumer += 2;
	completion.addresses[completion.producer++] = 0;
	completion.addresses[completion.producer++] = sizeof(bytes);
	CHECK(xsk_waiting(&xsk) == 0);
	CHECK(xsk_reap(&xsk) == 1 && completion.consumer == 2);
	CHECK(umem.n_free == 4 && xsk_reap(&xsk) == 0);
	umem.n_free = 0;
	CHECK(!xsk_place(&xsk, "no chunk", 8));
}

static void kept(void)
{
	/* Frames of 2 bytes and of 1; of a third, the beginning. */
	uint8_t bytes[] = { 2, 0, 0, 0, 8, 9, 1, 0, 0, 0, 7, 0, 0, 0, 0, 5 };
	struct xsk_entry entry = {
		.kept = bytes, .kept_len = sizeof(bytes), .frame_at = 11,
		.within = true,
	};
	const __u32 two = 2, one = 1;

	memcpy(bytes, &two, sizeof(two));
	memcpy(bytes + 6, &one, sizeof(one));
	CHECK(xsk_frames_end(&entry) == 11);
	CHECK(xsk_frame_end(&entry, 0) == 6 && xsk_frame_end(&entry, 6) == 11);
	/* In the middle of one, at the end and behind it. */
	CHECK(!xsk_frame_end(&entry, 4) && !xsk_frame_end(&entry, 8));
	CHECK(!xsk_frame_end(&entry, 11) && !xsk_frame_end(&entry, 99));
}

static const struct test tests[] = {
	{ "chunks go into the fill ring", fills },
	{ "chunks come back from the fill ring", takes_back },
	{ "frames come out of the rx ring", receives },
	{ "a descriptor's bytes are in the umem", addresses },
	{ "kept frames are found by their beginnings", kept },
	{ "frames go into the tx ring and come back", sends },
};

TEST_GROUP(xsk);
