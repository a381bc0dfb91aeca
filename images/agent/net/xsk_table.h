/* SPDX-License-Identifier: GPL-2.0 */
/* The AF_XDP sockets of a session by name, with what each has received. */
#ifndef NET_XSK_TABLE_H
#define NET_XSK_TABLE_H

#include "net/xsk_socket.h"

/* Bytes of received frames that are kept of a socket, lengths included. */
#define XSK_KEPT_MAX	(8 << 20)

/* Since xsk_start, or since the socket was opened. */
struct xsk_counts {
	long long received;	/* frames taken out of the rx ring */
	long long bytes;
	long long descs;	/* more than frames with XDP_USE_SG */
	long long outside;	/* descriptors of bytes that are in no chunk */
	long long kept;		/* frames whose bytes are kept */
	long long completed;	/* chunks that came back in the completion ring */
	struct xdp_statistics stats;	/* those of the kernel */
};

struct xsk_entry {
	struct xsk_entry *next;
	char name[64];
	struct xsk xsk;
	struct xsk_counts counts;
	struct xdp_statistics before;	/* at xsk_start */
	/* Frames one after the other, each behind its length (__u32). */
	uint8_t *kept;
	size_t kept_len;
	size_t kept_room;
	size_t frame_at;	/* of the frame that is being received */
	bool within;		/* in the middle of one */
	bool dropped;		/* there was no room for its bytes */
};

/* All of these hold the lock of the table, but for xsk_lock() itself. */
void xsk_lock(void);
void xsk_unlock(void);
/* NULL, and a fault that names the argument, where there is none. */
struct xsk_entry *xsk_find(struct request *rq, const char *arg,
			   const char *name);
/* The same for one that is not closed. */
struct xsk_entry *xsk_find_open(struct request *rq, const char *arg,
				const char *name);
/* An entry without a socket; NULL after recording a fault. */
struct xsk_entry *xsk_new(struct request *rq, const char *name);
void xsk_forget(struct xsk_entry *entry);
/* Takes at most max frames out of the rx ring. */
long long xsk_drain(struct xsk_entry *entry, long long max, bool recycle);
/* Where the kept frames end, without one that has no end yet. */
size_t xsk_frames_end(const struct xsk_entry *entry);
/* The end of the kept frame that begins at a place; 0: none does. */
size_t xsk_frame_end(const struct xsk_entry *entry, size_t at);
/* Empties the rings, and reads the kernel's statistics. */
int xsk_update(struct request *rq, struct xsk_entry *entry);
/* Counts from now on. */
int xsk_restart(struct request *rq, struct xsk_entry *entry);

#endif /* NET_XSK_TABLE_H */
