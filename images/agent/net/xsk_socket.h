/* SPDX-License-Identifier: GPL-2.0 */
/* An AF_XDP socket, with the memory and the rings that it has in common with
 * the kernel: Documentation/networking/af_xdp.rst.
 */
#ifndef NET_XSK_SOCKET_H
#define NET_XSK_SOCKET_H

#include <linux/if_xdp.h>
#include "net/device.h"

/* Since 6.6; glibc 2.36 does not have them. */
#ifndef XDP_USE_SG
#define XDP_USE_SG	(1 << 4)
#endif
#ifndef XDP_PKT_CONTD
#define XDP_PKT_CONTD	(1 << 0)
#endif

/* Bounds of what a client may ask for; the kernel's own are below them. */
#define XSK_CHUNKS_MAX	16384
#define XSK_CHUNK_MAX	65536
#define XSK_RING_MAX	16384

/* One ring; size 0: there is none. */
struct xsk_ring {
	void *bytes;
	size_t mapped;
	__u32 *producer;
	__u32 *consumer;
	void *descs;
	__u32 size;		/* a power of two */
};

/* The memory that frames are in, of one socket or of several. */
struct xsk_umem {
	size_t users;
	uint8_t *bytes;
	size_t size;
	long long chunk_size;
	__u32 *free;		/* numbers of the chunks that are in no ring */
	size_t n_free;
	bool unaligned;
};

struct xsk_options {
	struct device dev;
	long long queue;
	long long flags;	/* sxdp_flags */
	long long chunks;	/* 0: no memory is registered */
	long long chunk_size;
	long long headroom;
	bool unaligned;
	/* Entries of the rings; 0: no such ring. */
	long long fill;
	long long completion;
	long long rx;
	long long tx;
	long long filled;	/* chunks that the fill ring has at first */
	bool unbound;
};

#define XSK_DEFAULTS {						\
	.chunks = 4096, .chunk_size = 2048, .fill = 2048,	\
	.completion = 2048, .rx = 2048, .filled = 2048,		\
}

struct xsk {
	int fd;			/* -1: closed */
	struct xsk_umem *umem;	/* NULL: none */
	/* The socket whose fill and completion rings it uses: often itself. */
	struct xsk *pool;
	struct xsk_ring fill;
	struct xsk_ring completion;
	struct xsk_ring rx;
	struct xsk_ring tx;
};

/*
 * Opens a socket, with the memory of another one if shared is not NULL. What
 * the kernel refuses is a fault that names the system call.
 */
int xsk_open(struct request *rq, const struct xsk_options *options,
	     struct xsk *shared, struct xsk *xsk);
/* The kernel has nothing of it from then on; the umem may have other users. */
void xsk_close(struct xsk *xsk);

/* Hands up to n free chunks to the kernel; returns how many there were. */
size_t xsk_fill(struct xsk *xsk, size_t n);
/* Takes back what its own fill ring has, of a socket that is not bound. */
void xsk_unfill(struct xsk *xsk);
/* The next descriptor of the rx ring; false when there is none. */
bool xsk_next(const struct xsk *xsk, struct xdp_desc *desc);
/* The bytes of a descriptor, NULL where they are not all in the umem. */
const uint8_t *xsk_bytes(const struct xsk *xsk, const struct xdp_desc *desc);
/* Done with that descriptor; its chunk is free, or the kernel's at once. */
void xsk_release(struct xsk *xsk, const struct xdp_desc *desc, bool recycle);

/* Copies a frame into the tx ring; false when there is no room for it. */
bool xsk_place(struct xsk *xsk, const void *frame, __u32 len);
/* A descriptor of bytes beyond the umem instead of a frame. */
bool xsk_place_bad(struct xsk *xsk);
/* Descriptors of the tx ring that the kernel has not taken. */
__u32 xsk_waiting(const struct xsk *xsk);
/* Takes sent chunks out of the completion ring; returns how many. */
size_t xsk_reap(struct xsk *xsk);

#endif /* NET_XSK_SOCKET_H */
