// SPDX-License-Identifier: GPL-2.0
/*
 * One client after the other: this thread runs requests in order, each
 * background request has a thread, and one thread sends a heartbeat. All of
 * them write whole lines under one mutex.
 *
 * A session begins with the first line after a client has come, and ends when
 * the client has gone. The driver does not report a client that goes while
 * the next one comes at once, so a "hello" begins a new session as well.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/client.h"
#include "core/dispatch.h"
#include "core/line.h"
#include "core/modules.h"
#include "core/port.h"
#include "core/session.h"
#include "core/template.h"

#define HEARTBEAT_MS	500
#define MAX_BACKGROUND	64
/* How long the end of a session waits for its background requests. */
#define JOIN_S		10

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int n_background;	/* under lock */
static bool open_session;	/* the serving thread's own */
static bool greeted;

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
	client_send(whose, line);
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
	if (bg->whose == client_number()) {
		n_background--;
		pthread_cond_broadcast(&changed);
	}
	pthread_mutex_unlock(&lock);
	free(bg);
	return NULL;
}

static int background_start(json_t *args)
{
	struct background *bg = calloc(1, sizeof(*bg));
	pthread_t thread;
	int err = -EAGAIN;

	if (!bg)
		return -ENOMEM;
	bg->rq.args = args;
	bg->whose = client_number();
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

/* The answer to a line that never became a request. */
static void refuse(json_t *id, struct request *rq)
{
	json_t *line = json_object();

	json_object_set(line, "id", id ? id : json_null());
	json_object_set_new(line, "error", fault_json(&rq->fault));
	client_send(client_number(), line);
}

static void *heartbeat_main(void *data)
{
	struct timespec pause = { .tv_nsec = HEARTBEAT_MS * 1000000 };
	unsigned int whose = (uintptr_t)data;
	long long beat = 0;

	while (whose == client_number() && !client_gone()) {
		client_send(whose, json_pack("{s:I}", "hb", ++beat));
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void begin(void)
{
	pthread_t heartbeat;

	client_begin();
	greeted = false;
	open_session = true;
	if (!pthread_create(&heartbeat, NULL, heartbeat_main,
			    (void *)(uintptr_t)client_number()))
		pthread_detach(heartbeat);
}

static void wait_for_background(void)
{
	struct timespec until;

	/* The other clock is set by op "renew". */
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += JOIN_S;
	pthread_mutex_lock(&lock);
	while (n_background &&
	       pthread_cond_clockwait(&changed, &lock, CLOCK_MONOTONIC,
				      &until) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&lock);
}

static void end(void)
{
	if (!open_session)
		return;
	client_left(client_number());
	wait_for_background();
	if (!session_is_kept())
		modules_drop();
	client_end();
	pthread_mutex_lock(&lock);
	n_background = 0;
	pthread_mutex_unlock(&lock);
	open_session = false;
}

static void take_request(json_t *args)
{
	const char *op = json_string_value(json_object_get(args, "op"));
	struct request rq = { .args = args };
	bool hello = op && !strcmp(op, "hello");

	if (hello && (greeted || client_gone()))
		end();
	if (!open_session)
		begin();
	greeted = greeted || hello;
	if (client_gone()) {
		json_decref(args);
	} else if (!json_is_true(json_object_get(args, "bg"))) {
		run_and_answer(client_number(), &rq);
	} else if (background_start(args)) {
		fault_agent(&rq, "pthread_create",
			    "no thread for a background request: at most %d may run",
			    MAX_BACKGROUND);
		refuse(json_object_get(args, "id"), &rq);
		json_decref(args);
	}
}

static void take_line(const char *text, size_t len)
{
	struct request rq = {};
	json_error_t error;
	json_t *args;

	args = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (json_is_object(args)) {
		take_request(args);
		return;
	}
	if (!open_session)
		begin();
	if (args)
		fault_request(&rq, "a request must be a JSON object");
	else
		fault_request(&rq, "malformed JSON: %s at byte %d", error.text,
			      error.position);
	refuse(NULL, &rq);
	json_decref(args);
}

static void serve_client(int fd)
{
	struct line_reader reader = { .fd = fd };
	struct request rq = {};
	char *text;
	ssize_t len;

	while ((len = line_read(&reader, &text))) {
		if (len == -EMSGSIZE) {
			if (!open_session)
				begin();
			fault_request(&rq, "a line may have at most %d MiB",
				      LINE_MAX_MIB);
			refuse(NULL, &rq);
		} else if (len < 0) {
			break;
		} else {
			take_line(text, len);
		}
	}
	line_free(&reader);
	end();
}

void session_serve(int fd)
{
	client_init(fd);
	for (;;) {
		port_wait_client(fd);
		serve_client(fd);
	}
}
