// SPDX-License-Identifier: GPL-2.0
/*
 * map_socket: a socket as an entry of a SOCKMAP, SOCKHASH or XSKMAP. Those
 * that it opens stay open until the session ends: a closed one leaves its map.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "bpf/handles.h"
#include "core/op.h"
#include "net/xsk_table.h"

#define MAX_SOCKETS	256

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int sockets[MAX_SOCKETS];
static size_t n_sockets;

enum kind { TCP, UDP, XSK };

static const char *const kind_words[] = { "tcp", "udp", "xsk", NULL };

struct map_socket {
	struct handle map;
	struct bytes key;
	int kind;
	const char *xsk;	/* one that is open */
	long long flags;
};

static const struct arg map_socket_args[] = {
	ARG_MAP(struct map_socket, map, REQUIRED),
	ARG_HEX(struct map_socket, key, REQUIRED),
	ARG_WORD(struct map_socket, kind, kind_words, REQUIRED),
	ARG_STR(struct map_socket, xsk),
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

static int put(struct request *rq, const struct map_socket *args, int fd)
{
	const struct handle *map = &args->map;
	__u64 wide = fd;
	__u32 narrow = fd;
	int err;

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

static int put_xsk(struct request *rq, const struct map_socket *args)
{
	struct xsk_entry *entry;
	int err = -EINVAL;

	if (!args->xsk)
		return fault_request(rq, "xsk: the name of an AF_XDP socket is missing");
	xsk_lock();
	entry = xsk_find_open(rq, "xsk", args->xsk);
	if (entry)
		err = put(rq, args, entry->xsk.fd);
	xsk_unlock();
	return err;
}

static int op_map_socket(struct request *rq, const void *data)
{
	const struct map_socket *args = data;
	const struct handle *map = &args->map;
	struct sockaddr_in address;
	int fd;

	if (args->key.len != map->key_size)
		return fault_request(rq, "key: has %zu bytes, the map's has %u",
				     args->key.len, map->key_size);
	if (map->value_size != 4 && map->value_size != 8)
		return fault_request(rq, "map: a value of map '%s' has %u bytes, a socket 4 or 8",
				     map->name, map->value_size);
	if (args->kind == XSK)
		return put_xsk(rq, args);
	fd = args->kind == TCP ? connected(rq) :
				 loopback(rq, SOCK_DGRAM, &address);
	return fd < 0 ? fd : put(rq, args, fd);
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
