// SPDX-License-Identifier: GPL-2.0
/* The client of the current session: whether it is there, lines to it. */
#include <pthread.h>
#include <stdatomic.h>
#include "core/client.h"
#include "core/modules.h"
#include "core/output.h"
#include "core/port.h"

/* Held from the look at the number until all is aborted. */
static pthread_mutex_t leaving = PTHREAD_MUTEX_INITIALIZER;
static int port = -1;
static int watch = -1;
static atomic_bool gone = true;
static atomic_uint number;

void client_init(int fd)
{
	port = fd;
	watch = port_watch(fd);
}

void client_begin(void)
{
	gone = false;
	output_open(port, number);
}

void client_end(void)
{
	output_close();
	pthread_mutex_lock(&leaving);
	number++;
	pthread_mutex_unlock(&leaving);
}

unsigned int client_number(void)
{
	return number;
}

bool client_gone(void)
{
	return gone;
}

void client_left(unsigned int whose)
{
	pthread_mutex_lock(&leaving);
	if (whose == number && !atomic_exchange(&gone, true))
		modules_abort();
	pthread_mutex_unlock(&leaving);
}

bool client_check(void)
{
	if (!gone && port >= 0 && port_hung_up(port))
		client_left(number);
	return gone;
}

int client_watch(void)
{
	return watch;
}

void client_send(unsigned int whose, json_t *line)
{
	if (!output_json(whose, line))
		client_left(whose);
}
