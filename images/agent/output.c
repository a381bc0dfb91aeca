// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "client.h"
#include "output.h"
#include "session.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int out = -1;
static unsigned int current;

void output_open(int fd, unsigned int generation)
{
	pthread_mutex_lock(&lock);
	out = fd;
	current = generation;
	pthread_mutex_unlock(&lock);
}

void output_close(void)
{
	output_open(-1, 0);
}

/* False when the peer is gone. */
static bool send_all(const char *text, size_t len)
{
	ssize_t n;

	while (len && !session_gone()) {
		n = send(out, text, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= n;
	}
	return true;
}

void output_json(unsigned int generation, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);
	bool sent = true;
	size_t len;

	json_decref(json);
	if (!text)
		return;
	len = strlen(text);
	text[len] = '\n';	/* in the place of the 0 */
	pthread_mutex_lock(&lock);
	if (out >= 0 && generation == current)
		sent = send_all(text, len + 1);
	pthread_mutex_unlock(&lock);
	free(text);
	if (!sent)
		client_left();
}
