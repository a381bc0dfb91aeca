// SPDX-License-Identifier: GPL-2.0
/* Whole lines to the client: one at a time, under a mutex. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "core/output.h"
#include "core/port.h"

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

bool output_json(unsigned int generation, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);
	bool sent = true;
	size_t len;

	json_decref(json);
	if (!text)
		return true;
	len = strlen(text);
	text[len] = '\n';	/* instead of the 0 */
	pthread_mutex_lock(&lock);
	if (out >= 0 && generation == current) {
		sent = port_write(out, text, len + 1);
		/* The next client must not get the lines of this one. */
		if (!sent)
			out = -1;
	}
	pthread_mutex_unlock(&lock);
	free(text);
	return sent;
}
