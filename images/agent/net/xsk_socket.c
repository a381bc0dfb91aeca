// SPDX-License-Identifier: GPL-2.0
/* Opens AF_XDP sockets: memory, rings, bind(2). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/xsk_socket.h"

static void umem_put(struct xsk_umem *umem)
{
	if (!umem || --umem->users)
		return;
	if (umem->bytes != MAP_FAILED)
		munmap(umem->bytes, umem->size);
	free(umem->free);
	free(umem);
}

static struct xsk_umem *umem_new(const struct xsk_options *options)
{
	struct xsk_umem *umem = calloc(1, sizeof(*umem));
	long long i;

	if (!umem)
		return NULL;
	umem->users = 1;
	umem->chunk_size = options->chunk_size;
	umem->unaligned = options->unaligned;
	umem->size = options->chunks * options->chunk_size;
	umem->bytes = mmap(NULL, umem->size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	umem->free = calloc(options->chunks, sizeof(*umem->free));
	if (umem->bytes == MAP_FAILED || !umem->free) {
		umem_put(umem);
		return NULL;
	}
	/* The first ones are taken first. */
	for (i = options->chunks; i; i--)
		umem->free[umem->n_free++] = i - 1;
	return umem;
}

static int register_umem(struct request *rq, const struct xsk_options *options,
			 struct xsk *xsk)
{
	struct xdp_umem_reg reg;

	xsk->umem = umem_new(options);
	if (!xsk->umem)
		return fault_agent(rq, "mmap", "no memory for %lld chunks of %lld bytes",
				   options->chunks, options->chunk_size);
	/* Later kernels have members where this one has padding. */
	memset(&reg, 0, sizeof(reg));
	reg.addr = (uintptr_t)xsk->umem->bytes;
	reg.len = xsk->umem->size;
	reg.chunk_size = options->chunk_size;
	reg.headroom = options->headroom;
	reg.flags = options->unaligned ? XDP_UMEM_UNALIGNED_CHUNK_FLAG : 0;
	if (setsockopt(xsk->fd, SOL_XDP, XDP_UMEM_REG, &reg, sizeof(reg)))
		return fault_kernel(rq, -errno, "setsockopt(XDP_UMEM_REG)",
				    "%lld chunks of %lld bytes",
				    options->chunks, options->chunk_size);
	return 0;
}

/* What the kernel calls a ring, and where its mapping is. */
struct ring_kind {
	const char *where;
	int option;
	off_t page_offset;
	size_t desc_size;
};

static const struct ring_kind fill_kind = {
	"setsockopt(XDP_UMEM_FILL_RING)", XDP_UMEM_FILL_RING,
	XDP_UMEM_PGOFF_FILL_RING, sizeof(__u64),
};

static const struct ring_kind completion_kind = {
	"setsockopt(XDP_UMEM_COMPLETION_RING)", XDP_UMEM_COMPLETION_RING,
	XDP_UMEM_PGOFF_COMPLETION_RING, sizeof(__u64),
};

static const struct ring_kind rx_kind = {
	"setsockopt(XDP_RX_RING)", XDP_RX_RING, XDP_PGOFF_RX_RING,
	sizeof(struct xdp_desc),
};

static const struct ring_kind tx_kind = {
	"setsockopt(XDP_TX_RING)", XDP_TX_RING, XDP_PGOFF_TX_RING,
	sizeof(struct xdp_desc),
};

static int open_ring(struct request *rq, int fd, const struct ring_kind *kind,
		     const struct xdp_ring_offset *at, long long size,
		     struct xsk_ring *ring)
{
	const int entries = size;
	uint8_t *bytes;

	if (!size)
		return 0;
	if (setsockopt(fd, SOL_XDP, kind->option, &entries, sizeof(entries)))
		return fault_kernel(rq, -errno, kind->where, "%lld entries",
				    size);
	ring->mapped = at->desc + size * kind->desc_size;
	bytes = mmap(NULL, ring->mapped, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_POPULATE, fd, kind->page_offset);
	if (bytes == MAP_FAILED)
		return fault_kernel(rq, -errno, "mmap", "a ring of %lld entries",
				    size);
	ring->bytes = bytes;
	ring->producer = (__u32 *)(bytes + at->producer);
	ring->consumer = (__u32 *)(bytes + at->consumer);
	ring->descs = bytes + at->desc;
	ring->size = size;
	return 0;
}

static void close_ring(struct xsk_ring *ring)
{
	if (ring->bytes)
		munmap(ring->bytes, ring->mapped);
	memset(ring, 0, sizeof(*ring));
}

static int open_rings(struct request *rq, const struct xsk_options *options,
		      struct xsk *xsk)
{
	struct xdp_mmap_offsets at;
	socklen_t len = sizeof(at);
	int err;

	if (getsockopt(xsk->fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &len))
		return fault_kernel(rq, -errno, "getsockopt(XDP_MMAP_OFFSETS)",
				    "an AF_XDP socket");
	err = open_ring(rq, xsk->fd, &fill_kind, &at.fr, options->fill,
			&xsk->fill);
	if (!err)
		err = open_ring(rq, xsk->fd, &completion_kind, &at.cr,
				options->completion, &xsk->completion);
	if (!err)
		err = open_ring(rq, xsk->fd, &rx_kind, &at.rx, options->rx,
				&xsk->rx);
	if (!err)
		err = open_ring(rq, xsk->fd, &tx_kind, &at.tx, options->tx,
				&xsk->tx);
	return err;
}

static int bind_to_queue(struct request *rq, const struct xsk_options *options,
			 const struct xsk *shared, const struct xsk *xsk)
{
	const struct sockaddr_xdp address = {
		.sxdp_family = AF_XDP,
		.sxdp_flags = options->flags | (shared ? XDP_SHARED_UMEM : 0),
		.sxdp_ifindex = options->dev.ifindex,
		.sxdp_queue_id = options->queue,
		.sxdp_shared_umem_fd = shared ? shared->fd : 0,
	};

	if (bind(xsk->fd, (const struct sockaddr *)&address, sizeof(address)))
		return fault_kernel(rq, -errno, "bind",
				    "binding an AF_XDP socket to queue %lld of %s",
				    options->queue, options->dev.name);
	return 0;
}

static int set_up(struct request *rq, const struct xsk_options *options,
		  struct xsk *shared, struct xsk *xsk)
{
	int err = 0;

	if (shared && shared->umem) {
		xsk->umem = shared->umem;
		xsk->umem->users++;
	} else if (!shared && options->chunks) {
		err = register_umem(rq, options, xsk);
	}
	if (!err)
		err = open_rings(rq, options, xsk);
	if (err)
		return err;
	if (xsk->umem)
		xsk_fill(xsk, options->filled);
	return options->unbound ? 0 :
	       bind_to_queue(rq, options, shared, xsk);
}

int xsk_open(struct request *rq, const struct xsk_options *options,
	     struct xsk *shared, struct xsk *xsk)
{
	int err;

	memset(xsk, 0, sizeof(*xsk));
	/* On the same queue there is one fill ring for all. */
	xsk->pool = shared && !options->fill ? shared->pool : xsk;
	xsk->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (xsk->fd < 0)
		return fault_kernel(rq, -errno, "socket(AF_XDP)",
				    "opening an AF_XDP socket");
	err = set_up(rq, options, shared, xsk);
	if (!err)
		return 0;
	/* The memory may be another socket's too. */
	if (xsk->umem)
		xsk_unfill(xsk);
	xsk_close(xsk);
	return err;
}

void xsk_close(struct xsk *xsk)
{
	/* A mapping of a ring would keep the socket. */
	close_ring(&xsk->fill);
	close_ring(&xsk->completion);
	close_ring(&xsk->rx);
	close_ring(&xsk->tx);
	if (xsk->fd >= 0)
		close(xsk->fd);
	xsk->fd = -1;
	umem_put(xsk->umem);
	xsk->umem = NULL;
}
