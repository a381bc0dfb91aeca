// SPDX-License-Identifier: GPL-2.0
/*
 * map_socket: a socket as an entry of a SOCKMAP, SOCKHASH or XSKMAP. The
 * sockets stay open until the session ends: a closed one leaves its map.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_xdp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "bpf/handles.h"
#include "core/op.h"
#include "net/device.h"

#define MAX_SOCKETS	256
/* Frames of an AF_XDP socket's memory, and their size. */
#define XDP_FRAMES	1024
#define XDP_FRAME_SIZE	2048

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int sockets[MAX_SOCKETS];
static size_t n_sockets;

enum kind { TCP, UDP, XDP };

static const char *const kind_words[] = { "tcp", "udp", "xdp", NULL };

struct map_socket {
	struct handle map;
	struct bytes key;
	int kind;
	struct device dev;	/* of xdp only */
	long long queue;
	long long flags;
};

static const struct arg map_socket_args[] = {
	ARG_MAP(struct map_socket, map, REQUIRED),
	ARG_HEX(struct map_socket, key, REQUIRED),
	ARG_WORD(struct map_socket, kind, kind_words, REQUIRED),
	ARG_DEVICE(struct map_socket, dev),
	ARG_INT(struct map_socket, queue, 0, UINT16_MAX),
	ARG_INT(struct map_socket, flags, 0, INT64_MAX),
};

/* Keeps a socket until the session ends. */
static int keep(struct request *rq, int fd)
{
	bool room;

	pthread_mutex_lock(&lock);
	room = n_sockets < MAX_SOCKETS;
	if (room)
		sockets[n_sockets++] = fd;
	pthread_mutex_unlock(&lock);
	if (room)
		return 0;
	close(fd);
	return fault_request(rq, "more than %d sockets are open", MAX_SOCKETS);
}

static int new_socket(struct request *rq, int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return fault_kernel(rq, -errno, "socket", "opening a socket");
	err = keep(rq, fd);
	return err ? err : fd;
}

/* A socket of 127.0.0.1 with a port of the kernel's choice. */
static int loopback(struct request *rq, int type, struct sockaddr_in *address)
{
	socklen_t len = sizeof(*address);
	int fd = new_socket(rq, AF_INET, type);

	if (fd < 0)
		return fd;
	*address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	if (bind(fd, (struct sockaddr *)address, len) ||
	    getsockname(fd, (struct sockaddr *)address, &len))
		return fault_kernel(rq, -errno, "bind",
				    "binding a socket to 127.0.0.1");
	return fd;
}

/* One end of a connection over the loopback device. */
static int connected(struct request *rq)
{
	struct sockaddr_in address;
	int listener = loopback(rq, SOCK_STREAM, &address), fd, peer, err;

	if (listener < 0)
		return listener;
	if (listen(listener, 1))
		return fault_kernel(rq, -errno, "listen", "127.0.0.1");
	fd = new_socket(rq, AF_INET, SOCK_STREAM);
	if (fd < 0)
		return fd;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fault_kernel(rq, -errno, "connect", "127.0.0.1");
	peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (peer < 0)
		return fault_kernel(rq, -errno, "accept4", "127.0.0.1");
	err = keep(rq, peer);
	return err ? err : fd;
}

/* Hands all frames to the kernel: it receives into them. */
static int fill_ring(struct request *rq, int fd)
{
	struct xdp_mmap_offsets offsets;
	socklen_t len = sizeof(offsets);
	__u64 *frames;
	size_t size;
	char *ring;
	__u32 i;

	if (getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &len))
		return fault_kernel(rq, -errno, "getsockopt(XDP_MMAP_OFFSETS)",
				    "an AF_XDP socket");
	size = offsets.fr.desc + XDP_FRAMES * sizeof(*frames);
	ring = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_POPULATE, fd, XDP_UMEM_PGOFF_FILL_RING);
	if (ring == MAP_FAILED)
		return fault_kernel(rq, -errno, "mmap",
				    "the fill ring of an AF_XDP socket");
	frames = (__u64 *)(ring + offsets.fr.desc);
	for (i = 0; i < XDP_FRAMES; i++)
		frames[i] = (__u64)i * XDP_FRAME_SIZE;
	__atomic_store_n((__u32 *)(ring + offsets.fr.producer), XDP_FRAMES,
			 __ATOMIC_RELEASE);
	munmap(ring, size);
	return 0;
}

static int set_rings(struct request *rq, int fd, void *memory)
{
	const struct xdp_umem_reg umem = {
		.addr = (uintptr_t)memory,
		.len = XDP_FRAMES * XDP_FRAME_SIZE,
		.chunk_size = XDP_FRAME_SIZE,
	};
	const int frames = XDP_FRAMES;

	if (setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)) ||
	    setsockopt(fd, SOL_XDP, XDP_UMEM_FILL_RING, &frames,
		       sizeof(frames)) ||
	    setsockopt(fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &frames,
		       sizeof(frames)) ||
	    setsockopt(fd, SOL_XDP, XDP_RX_RING, &frames, sizeof(frames)))
		return fault_kernel(rq, -errno, "setsockopt(SOL_XDP)",
				    "the rings of an AF_XDP socket");
	return fill_ring(rq, fd);
}

/* In copy mode, which every device has. */
static int xdp_socket(struct request *rq, const struct map_socket *args)
{
	const struct sockaddr_xdp address = {
		.sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY,
		.sxdp_ifindex = args->dev.ifindex,
		.sxdp_queue_id = args->queue,
	};
	int fd, err;
	void *memory;

	if (!args->dev.name)
		return fault_request(rq, "dev: an AF_XDP socket needs a device");
	fd = new_socket(rq, AF_XDP, SOCK_RAW);
	if (fd < 0)
		return fd;
	memory = mmap(NULL, XDP_FRAMES * XDP_FRAME_SIZE,
		      PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	if (memory == MAP_FAILED)
		return fault_agent(rq, "mmap", "no memory for a socket");
	/* The kernel has pinned the pages: the mapping is not needed. */
	err = set_rings(rq, fd, memory);
	munmap(memory, XDP_FRAMES * XDP_FRAME_SIZE);
	if (err)
		return err;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		return fault_kernel(rq, -errno, "bind",
				    "binding an AF_XDP socket to queue %lld of %s",
				    args->queue, args->dev.name);
	return fd;
}

static int open_socket(struct request *rq, const struct map_socket *args)
{
	struct sockaddr_in address;

	switch (args->kind) {
	case TCP:
		return connected(rq);
	case UDP:
		return loopback(rq, SOCK_DGRAM, &address);
	default:
		return xdp_socket(rq, args);
	}
}

static int op_map_socket(struct request *rq, const void *data)
{
	const struct map_socket *args = data;
	const struct handle *map = &args->map;
	__u64 wide;
	__u32 narrow;
	int fd, err;

	if (args->key.len != map->key_size)
		return fault_request(rq, "key: has %zu bytes, the map's has %u",
				     args->key.len, map->key_size);
	if (map->value_size != 4 && map->value_size != 8)
		return fault_request(rq, "map: a value of map '%s' has %u bytes, a socket 4 or 8",
				     map->name, map->value_size);
	fd = open_socket(rq, args);
	if (fd < 0)
		return fd;
	wide = narrow = fd;
	err = bpf_map_update_elem(map->fd, args->key.data,
				  map->value_size == sizeof(wide) ?
				  (void *)&wide : (void *)&narrow,
				  args->flags);
	if (err)
		return fault_kernel(rq, err, "bpf(BPF_MAP_UPDATE_ELEM)",
				    "updating map '%s' with a %s socket",
				    map->name, kind_words[args->kind]);
	return 0;
}

static void drop_sockets(void)
{
	pthread_mutex_lock(&lock);
	while (n_sockets)
		close(sockets[--n_sockets]);
	pthread_mutex_unlock(&lock);
}

static const struct op ops[] = {
	{ .name = "map_socket", .run = op_map_socket,
	  OP_ARGS(map_socket_args, struct map_socket) },
};

const struct module sockets_module = {
	.name = "sockets", MODULE_OPS(ops), .drop = drop_sockets,
};
