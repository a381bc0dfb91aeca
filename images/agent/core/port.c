// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio-serial port. What it does without a client is particular to
 * drivers/char/virtio_console.c: read() returns 0, write() blocks until the
 * next client comes and would then send it what was meant for the last one,
 * and poll() reports POLLHUP at once. So the descriptor does not block, and
 * the wait for a client is an edge-triggered one: the driver wakes the port's
 * wait queue when a client comes or goes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "core/file.h"
#include "core/port.h"

#define PORTS		"/sys/class/virtio-ports"
#define RETRY_US	2000
#define TRIES		(60 * 1000000 / RETRY_US)

static bool has_name(const char *port)
{
	char path[300], *text;
	bool found;
	size_t len;

	snprintf(path, sizeof(path), PORTS "/%s/name", port);
	if (file_slurp(path, &text, &len))
		return false;
	text[strcspn(text, "\n")] = 0;
	found = !strcmp(text, PORT_NAME);
	free(text);
	return found;
}

/* The port's device, or -1 as long as there is none. */
static int try_open(void)
{
	struct dirent *entry;
	char path[300];
	int fd = -1;
	DIR *dir;

	dir = opendir(PORTS);
	while (dir && fd < 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || !has_name(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	}
	if (dir)
		closedir(dir);
	return fd;
}

int port_open(void)
{
	int fd, i;

	for (i = 0; i < TRIES; i++) {
		fd = try_open();
		if (fd >= 0)
			return fd;
		usleep(RETRY_US);
	}
	return -ENODEV;
}

int port_watch(int fd)
{
	struct epoll_event event = { .events = EPOLLHUP | EPOLLET };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll >= 0)
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	return epoll;
}

bool port_hung_up(int fd)
{
	struct pollfd port = { .fd = fd };

	return poll(&port, 1, 0) > 0 && port.revents & POLLHUP;
}

void port_wait_client(int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) {
		perror("bpfrig-agent: epoll");
		exit(1);
	}
	do {
		event.events = EPOLLHUP;
		epoll_wait(epoll, &event, 1, -1);
	} while (event.events & EPOLLHUP);
	close(epoll);
}

ssize_t port_read(int fd, void *buf, size_t size)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	ssize_t n;

	for (;;) {
		n = read(fd, buf, size);
		if (n >= 0)
			return n;
		if (errno == EAGAIN)
			poll(&readable, 1, -1);
		else if (errno != EINTR)
			return -errno;
	}
}

bool port_write(int fd, const void *data, size_t len)
{
	struct pollfd writable = { .fd = fd, .events = POLLOUT };
	const char *at = data;
	ssize_t n;

	while (len) {
		n = write(fd, at, len);
		if (n >= 0) {
			at += n;
			len -= n;
		} else if (errno == EAGAIN) {
			poll(&writable, 1, -1);
			if (writable.revents & (POLLHUP | POLLERR | POLLNVAL))
				return false;
		} else if (errno != EINTR) {
			return false;
		}
	}
	return true;
}
