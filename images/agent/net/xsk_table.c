// SPDX-License-Identifier: GPL-2.0
/* The AF_XDP sockets of a session by name, with what each has received. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "core/op.h"
#include "net/xsk_table.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct xsk_entry *entries;

void xsk_lock(void)
{
	pthread_mutex_lock(&lock);
}

void xsk_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

static struct xsk_entry *entry_of(const char *name)
{
	struct xsk_entry *entry = entries;

	while (entry && strcmp(entry->name, name))
		entry = entry->next;
	return entry;
}

struct xsk_entry *xsk_find(struct request *rq, const char *arg,
			   const char *name)
{
	struct xsk_entry *entry = entry_of(name);

	if (!entry)
		fault_request(rq, "%s: there is no AF_XDP socket '%s'", arg,
			      name);
	return entry;
}

struct xsk_entry *xsk_find_open(struct request *rq, const char *arg,
				const char *name)
{
	struct xsk_entry *entry = xsk_find(rq, arg, name);

	if (entry && entry->xsk.fd < 0) {
		fault_request(rq, "%s: the AF_XDP socket '%s' is closed", arg,
			      name);
		return NULL;
	}
	return entry;
}

struct xsk_entry *xsk_new(struct request *rq, const char *name)
{
	struct xsk_entry *entry;

	if (strlen(name) >= sizeof(entry->name)) {
		fault_request(rq, "name: must have less than %zu bytes",
			      sizeof(entry->name));
		return NULL;
	}
	if (entry_of(name)) {
		fault_request(rq, "name: there is already an AF_XDP socket '%s'",
			      name);
		return NULL;
	}
	entry = calloc(1, sizeof(*entry));
	if (!entry) {
		fault_agent(rq, "calloc", "out of memory");
		return NULL;
	}
	snprintf(entry->name, sizeof(entry->name), "%s", name);
	entry->xsk.fd = -1;
	entry->next = entries;
	entries = entry;
	return entry;
}

void xsk_forget(struct xsk_entry *entry)
{
	struct xsk_entry **place = &entries;

	while (*place != entry)
		place = &(*place)->next;
	*place = entry->next;
	xsk_close(&entry->xsk);
	free(entry->kept);
	free(entry);
}

/* Whether there is room for so many more bytes. */
static bool room(struct xsk_entry *entry, size_t len)
{
	size_t wanted = entry->kept_room ? entry->kept_room : 64 << 10;
	uint8_t *grown;

	if (entry->kept_len + len > XSK_KEPT_MAX)
		return false;
	while (wanted < entry->kept_len + len)
		wanted *= 2;
	if (wanted == entry->kept_room)
		return true;
	grown = realloc(entry->kept, wanted);
	if (!grown)
		return false;
	entry->kept = grown;
	entry->kept_room = wanted;
	return true;
}

static void keep(struct xsk_entry *entry, const void *bytes, size_t len)
{
	if (entry->dropped || !room(entry, len)) {
		entry->dropped = true;
		return;
	}
	memcpy(entry->kept + entry->kept_len, bytes, len);
	entry->kept_len += len;
}

static void begin_frame(struct xsk_entry *entry)
{
	const __u32 none = 0;

	entry->within = true;
	entry->dropped = false;
	entry->frame_at = entry->kept_len;
	keep(entry, &none, sizeof(none));
}

/* A frame of which not all bytes are kept is not kept at all. */
static void end_frame(struct xsk_entry *entry)
{
	__u32 len;

	entry->within = false;
	entry->counts.received++;
	if (entry->dropped) {
		entry->kept_len = entry->frame_at;
		return;
	}
	len = entry->kept_len - entry->frame_at - sizeof(len);
	memcpy(entry->kept + entry->frame_at, &len, sizeof(len));
	entry->counts.kept++;
}

size_t xsk_frames_end(const struct xsk_entry *entry)
{
	return entry->within ? entry->frame_at : entry->kept_len;
}

size_t xsk_frame_end(const struct xsk_entry *entry, size_t at)
{
	size_t end = xsk_frames_end(entry);
	__u32 len;

	if (at > end || end - at < sizeof(len))
		return 0;
	memcpy(&len, entry->kept + at, sizeof(len));
	at += sizeof(len);
	return len > end - at ? 0 : at + len;
}

long long xsk_drain(struct xsk_entry *entry, long long max, bool recycle)
{
	struct xsk *xsk = &entry->xsk;
	long long first = entry->counts.received;
	const uint8_t *bytes;
	struct xdp_desc desc;

	while (entry->counts.received - first < max && xsk_next(xsk, &desc)) {
		if (!entry->within)
			begin_frame(entry);
		bytes = xsk_bytes(xsk, &desc);
		if (bytes)
			keep(entry, bytes, desc.len);
		else
			entry->counts.outside++;
		entry->counts.descs++;
		entry->counts.bytes += desc.len;
		xsk_release(xsk, &desc, recycle);
		if (!(desc.options & XDP_PKT_CONTD))
			end_frame(entry);
	}
	return entry->counts.received - first;
}

static int read_stats(struct request *rq, const struct xsk *xsk,
		      struct xdp_statistics *stats)
{
	socklen_t len = sizeof(*stats);

	if (getsockopt(xsk->fd, SOL_XDP, XDP_STATISTICS, stats, &len))
		return fault_kernel(rq, -errno, "getsockopt(XDP_STATISTICS)",
				    "an AF_XDP socket");
	return 0;
}

/* What one statistic has grown by. */
#define GROWN(entry, now, name) \
	((entry)->counts.stats.name = (now)->name - (entry)->before.name)

int xsk_update(struct request *rq, struct xsk_entry *entry)
{
	struct xdp_statistics now;
	int err;

	if (entry->xsk.fd < 0)
		return 0;
	xsk_drain(entry, LLONG_MAX, false);
	if (entry->xsk.umem)
		entry->counts.completed += xsk_reap(&entry->xsk);
	err = read_stats(rq, &entry->xsk, &now);
	if (err)
		return err;
	GROWN(entry, &now, rx_dropped);
	GROWN(entry, &now, rx_invalid_descs);
	GROWN(entry, &now, tx_invalid_descs);
	GROWN(entry, &now, rx_ring_full);
	GROWN(entry, &now, rx_fill_ring_empty_descs);
	GROWN(entry, &now, tx_ring_empty_descs);
	return 0;
}

int xsk_restart(struct request *rq, struct xsk_entry *entry)
{
	int err = xsk_update(rq, entry);

	if (!err && entry->xsk.fd >= 0)
		err = read_stats(rq, &entry->xsk, &entry->before);
	memset(&entry->counts, 0, sizeof(entry->counts));
	entry->kept_len = 0;
	entry->within = false;
	return err;
}

static void drop_xsks(void)
{
	xsk_lock();
	while (entries)
		xsk_forget(entries);
	xsk_unlock();
}

const struct module xsk_table_module = {
	.name = "xsk_table", .drop = drop_xsks,
};
