/* SPDX-License-Identifier: GPL-2.0 */
/* The virtio-serial port over which the orchestrator reaches the agent. */
#ifndef CORE_PORT_H
#define CORE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The name of the port: QEMU's virtserialport,name=. */
#define PORT_NAME	"bpfrig.agent"

/*
 * Waits until the kernel has the port (its driver may still be loading) and
 * opens it. Returns a descriptor, or -ENODEV when no such port appears.
 */
int port_open(void);

/*
 * A descriptor that poll(2) reports as readable when the client has left; also
 * when it comes back at once, if the caller is in poll(2) at that time.
 */
int port_watch(int fd);

/* Is there no client? */
bool port_hung_up(int fd);

/* Sleeps until a client is connected to the host's side of the port. */
void port_wait_client(int fd);

/*
 * Blocks for data. Returns the number of bytes, 0 when there is no client
 * (any more), or a negative errno.
 */
ssize_t port_read(int fd, void *buf, size_t size);

/* Blocks until all is written. Returns false when there is no client. */
bool port_write(int fd, const void *data, size_t len);

#endif /* CORE_PORT_H */
