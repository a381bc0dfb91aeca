// SPDX-License-Identifier: GPL-2.0
/*
 * One client: a reader that runs requests in order, a thread a background
 * request, a heartbeat. All of them write whole lines under one mutex.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "client.h"
#include "handles.h"
#include "line.h"
#include "ops.h"
#include "output.h"
#include "session.h"

#define HEARTBEAT_MS	500
#define MAX_BACKGROUND	64
/* A client that left is given this long to be cleaned up after. */
#define LEAVE_S		15
#define JOIN_S		10

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int client_fd = -1;	/* -1: no client; under lock */
static int n_background;	/* under lock */
static atomic_bool gone;
/* Threads that outlive their client must not write to the next one. */
static atomic_uint generation;

bool session_gone(void)
{
	return gone;
}

static struct timespec deadline(int seconds)
{
	return (struct timespec){ .tv_sec = time(NULL) + seconds };
}

void client_left(void)
{
	if (atomic_exchange(&gone, true))
		return;
	hog_drop();
	pktgen_abort();
}

static void run_and_answer(unsigned int whose, struct request *rq)
{
	json_t *id = json_object_get(rq->args, "id");
	json_t *line = json_object();
	int err;

	err = op_run(rq);
	json_object_set(line, "id", id ? id : json_null());
	if (err) {
		json_object_set_new(line, "error", fault_json(&rq->fault));
		json_decref(rq->answer);
	} else {
		json_object_set_new(line, "ok", rq->answer ? rq->answer :
							     json_object());
	}
	output_json(whose, line);
	free(rq->fault.log);
	json_decref(rq->args);
}

struct background {
	struct request rq;
	unsigned int whose;
};

static void *background_main(void *data)
{
	struct background *bg = data;

	run_and_answer(bg->whose, &bg->rq);
	pthread_mutex_lock(&lock);
	if (bg->whose == generation) {
		n_background--;
		pthread_cond_broadcast(&changed);
	}
	pthread_mutex_unlock(&lock);
	free(bg);
	return NULL;
}

static int background_start(unsigned int whose, json_t *args)
{
	struct background *bg = calloc(1, sizeof(*bg));
	pthread_t thread;
	int err = -EAGAIN;

	if (!bg)
		return -ENOMEM;
	bg->rq.args = args;
	bg->whose = whose;
	pthread_mutex_lock(&lock);
	if (n_background < MAX_BACKGROUND) {
		err = -pthread_create(&thread, NULL, background_main, bg);
		if (!err)
			n_background++;
	}
	pthread_mutex_unlock(&lock);
	if (err)
		free(bg);
	else
		pthread_detach(thread);
	return err;
}

/* An answer to what never became a request. */
static void refuse(unsigned int whose, json_t *id, struct request *rq)
{
	json_t *line = json_object();

	json_object_set(line, "id", id ? id : json_null());
	json_object_set_new(line, "error", fault_json(&rq->fault));
	output_json(whose, line);
}

static void take_line(unsigned int whose, const char *text, size_t len)
{
	struct request rq = {};
	json_error_t error;
	json_t *args;

	args = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(args)) {
		if (args)
			fault_request(&rq, "a request is a JSON object");
		else
			fault_request(&rq, "malformed JSON: %s at byte %d",
				      error.text, error.position);
		refuse(whose, NULL, &rq);
		json_decref(args);
		return;
	}
	rq.args = args;
	if (!json_is_true(json_object_get(args, "bg"))) {
		run_and_answer(whose, &rq);
		return;
	}
	if (background_start(whose, args)) {
		fault_agent(&rq, "pthread_create",
			    "no thread for a background request: %d is the most",
			    MAX_BACKGROUND);
		refuse(whose, json_object_get(args, "id"), &rq);
		json_decref(args);
	}
}

static void *heartbeat_main(void *data)
{
	unsigned int whose = (uintptr_t)data;
	struct timespec pause = { .tv_nsec = HEARTBEAT_MS * 1000000 };
	long long beat = 0;

	while (whose == generation && !gone) {
		output_json(whose, json_pack("{s:I}", "hb", ++beat));
		nanosleep(&pause, NULL);
	}
	return NULL;
}

/* Everything that the client made goes, newest things first. */
static void clean_up(void)
{
	struct timespec until = deadline(JOIN_S);

	pthread_mutex_lock(&lock);
	while (n_background &&
	       pthread_cond_timedwait(&changed, &lock, &until) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&lock);
	if (session_is_kept())
		return;
	attach_drop();
	stack_drop();
	witness_drop();
	observers_drop();
	actions_drop();
	handles_drop();
}

static void *reader_main(void *data)
{
	unsigned int whose = (uintptr_t)data;
	struct line_reader reader = { .fd = client_fd };
	struct request rq = {};
	pthread_t heartbeat;
	char *text;
	ssize_t len;

	if (!pthread_create(&heartbeat, NULL, heartbeat_main, data))
		pthread_detach(heartbeat);
	while (!gone && (len = line_read(&reader, &text))) {
		if (len == -EMSGSIZE) {
			fault_request(&rq, "a line of more than %d MiB",
				      LINE_MAX_MIB);
			refuse(whose, NULL, &rq);
		} else if (len < 0) {
			break;
		} else {
			take_line(whose, text, len);
		}
	}
	line_free(&reader);
	client_left();
	clean_up();

	pthread_mutex_lock(&lock);
	output_close();
	generation++;
	close(client_fd);
	client_fd = -1;
	n_background = 0;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return NULL;
}

int client_start(int fd)
{
	struct timespec until = deadline(LEAVE_S);
	pthread_t reader;
	int err = 0;

	pthread_mutex_lock(&lock);
	while (client_fd >= 0 && gone && !err)
		err = pthread_cond_timedwait(&changed, &lock, &until);
	err = client_fd >= 0 ? -EBUSY : 0;
	if (!err) {
		gone = false;
		client_fd = fd;
		output_open(fd, generation);
		err = -pthread_create(&reader, NULL, reader_main,
				      (void *)(uintptr_t)generation);
		if (err)
			client_fd = -1;
		else
			pthread_detach(reader);
	}
	pthread_mutex_unlock(&lock);
	return err;
}
