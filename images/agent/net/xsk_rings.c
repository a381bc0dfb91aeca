// SPDX-License-Identifier: GPL-2.0
/* What goes into the rings of an AF_XDP socket, and comes out of them. */
#include <string.h>
#include "net/xsk_socket.h"

/* Descriptors in a ring that the other side has not taken. */
static __u32 used(const struct xsk_ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE) -
	       __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
}

static void advance(__u32 *place, __u32 n)
{
	__atomic_store_n(place, *place + n, __ATOMIC_RELEASE);
}

/* The place of the next descriptor that this side writes or reads. */
static __u32 slot(const struct xsk_ring *ring, const __u32 *place)
{
	return *place & (ring->size - 1);
}

/* Of unaligned chunks the kernel puts the offset into the upper bits. */
static __u64 base_of(__u64 address)
{
	return address & XSK_UNALIGNED_BUF_ADDR_MASK;
}

/* A chunk is in no ring any more. An address that is in none is no chunk's. */
static void free_chunk(struct xsk_umem *umem, __u64 address)
{
	size_t chunks = umem->size / umem->chunk_size;
	__u64 chunk = base_of(address) / umem->chunk_size;

	if (chunk < chunks && umem->n_free < chunks)
		umem->free[umem->n_free++] = chunk;
}

size_t xsk_fill(struct xsk *xsk, size_t n)
{
	struct xsk_ring *ring = &xsk->pool->fill;
	struct xsk_umem *umem = xsk->umem;
	__u64 *addresses = ring->descs;
	size_t i;

	if (!ring->size)
		return 0;
	for (i = 0; i < n && umem->n_free && used(ring) < ring->size; i++) {
		addresses[slot(ring, ring->producer)] =
			(__u64)umem->free[--umem->n_free] * umem->chunk_size;
		advance(ring->producer, 1);
	}
	return i;
}

void xsk_unfill(struct xsk *xsk)
{
	struct xsk_ring *ring = &xsk->fill;
	const __u64 *addresses = ring->descs;
	__u32 n = ring->size ? used(ring) : 0;

	for (; n && n <= ring->size; n--) {
		advance(ring->producer, -1);
		free_chunk(xsk->umem, addresses[slot(ring, ring->producer)]);
	}
}

bool xsk_next(const struct xsk *xsk, struct xdp_desc *desc)
{
	const struct xsk_ring *ring = &xsk->rx;
	const struct xdp_desc *descs = ring->descs;

	if (!ring->size || !used(ring))
		return false;
	*desc = descs[slot(ring, ring->consumer)];
	return true;
}

const uint8_t *xsk_bytes(const struct xsk *xsk, const struct xdp_desc *desc)
{
	__u64 at = base_of(desc->addr) +
		   (desc->addr >> XSK_UNALIGNED_BUF_OFFSET_SHIFT);
	const struct xsk_umem *umem = xsk->umem;

	if (at > umem->size || desc->len > umem->size - at)
		return NULL;
	return umem->bytes + at;
}

void xsk_release(struct xsk *xsk, const struct xdp_desc *desc, bool recycle)
{
	advance(xsk->rx.consumer, 1);
	free_chunk(xsk->umem, desc->addr);
	if (recycle)
		xsk_fill(xsk, 1);
}

static bool place(struct xsk *xsk, __u64 address, __u32 len)
{
	struct xsk_ring *ring = &xsk->tx;
	struct xdp_desc *descs = ring->descs;

	descs[slot(ring, ring->producer)] = (struct xdp_desc){
		.addr = address, .len = len,
	};
	advance(ring->producer, 1);
	return true;
}

bool xsk_place(struct xsk *xsk, const void *frame, __u32 len)
{
	struct xsk_umem *umem = xsk->umem;
	__u64 address;

	if (!umem->n_free || used(&xsk->tx) == xsk->tx.size)
		return false;
	address = (__u64)umem->free[--umem->n_free] * umem->chunk_size;
	memcpy(umem->bytes + address, frame, len);
	return place(xsk, address, len);
}

bool xsk_place_bad(struct xsk *xsk)
{
	return used(&xsk->tx) < xsk->tx.size &&
	       place(xsk, xsk->umem->size, 64);
}

__u32 xsk_waiting(const struct xsk *xsk)
{
	return used(&xsk->tx);
}

size_t xsk_reap(struct xsk *xsk)
{
	struct xsk_ring *ring = &xsk->pool->completion;
	const __u64 *addresses = ring->descs;
	size_t n = 0;
	__u64 address;

	while (ring->size && used(ring)) {
		address = addresses[slot(ring, ring->consumer)];
		advance(ring->consumer, 1);
		if (address >= xsk->umem->size)
			continue;
		free_chunk(xsk->umem, address);
		n++;
	}
	return n;
}
