// SPDX-License-Identifier: GPL-2.0
/* One session over a socket pair instead of the port, to its end. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/client.h"
#include "core/line.h"
#include "core/session.h"
#include "test/test.h"

#define LATE_MS	20000

static int client = -1;

static void *serve(void *fd)
{
	session_serve((int)(intptr_t)fd);
	return NULL;
}

static void start(void)
{
	pthread_t thread;
	int fds[2];

	if (client >= 0)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		abort();
	signal(SIGPIPE, SIG_IGN);	/* as main.c does */
	client = fds[0];
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	pthread_create(&thread, NULL, serve, (void *)(intptr_t)fds[1]);
	pthread_detach(thread);
}

static void put(const char *text, size_t len)
{
	ssize_t n;

	for (; len; text += n, len -= n) {
		n = write(client, text, len);
		if (n <= 0)
			abort();
	}
}

/* The next line that is not a heartbeat; NULL when none comes in time. */
static json_t *answer(void)
{
	struct pollfd readable = { .fd = client, .events = POLLIN };
	static char line[3 << 20];
	size_t len = 0;
	json_t *json;

	while (poll(&readable, 1, LATE_MS) > 0 &&
	       read(client, line + len, 1) == 1) {
		if (line[len] != '\n' && len + 1 < sizeof(line)) {
			len++;
			continue;
		}
		json = json_loadb(line, len, 0, NULL);
		if (!json_object_get(json, "hb"))
			return json;
		json_decref(json);
		len = 0;
	}
	return NULL;
}

static json_t *ask(const char *request)
{
	start();
	put(request, strlen(request));
	put("\n", 1);
	return answer();
}

/* The first line of a session; it must run before the other tests. */
static void too_long(void)
{
	size_t len = ((size_t)LINE_MAX_MIB << 20) + 65537;
	char *text = malloc(len);
	json_t *json;

	start();
	memset(text, 'x', len);
	text[len - 1] = '\n';
	put(text, len);
	free(text);
	json = answer();
	EQUAL(json_string_value(json_object_get(json_object_get(
		      json, "error"), "message")),
	      "a line may have at most 16 MiB");
	json_decref(json);
}

static void answers(void)
{
	static const char ok[] = "{\"id\":1,\"ok\":{\"answers\":[]}}";
	static const char request[] =
		"{\"id\":1,\"op\":\"batch\",\"requests\":[]}";

	JSON_EQUAL(ask(request), ok);
	JSON_EQUAL(ask("[]"),
		   "{\"id\":null,\"error\":{\"kind\":\"request\","
		   "\"errno\":null,\"code\":0,\"where\":\"request\","
		   "\"log\":null,\"message\":\"a request must be a JSON "
		   "object\"}}");
	/* A second client that came at once: the session begins anew. */
	json_decref(ask("{\"id\":2,\"op\":\"hello\"}"));
	json_decref(ask("{\"id\":3,\"op\":\"hello\"}"));
	JSON_EQUAL(ask(request), ok);
}

static int status_of(const char *script)
{
	char request[256];
	json_t *json;
	int status = -1;

	snprintf(request, sizeof(request),
		 "{\"id\":1,\"op\":\"exec\",\"timeout_ms\":10000,"
		 "\"argv\":[\"sh\",\"-c\",\"%s\"]}", script);
	json = ask(request);
	json_unpack(json, "{s:{s:i}}", "ok", "status", &status);
	json_decref(json);
	return status;
}

static void programs(void)
{
	CHECK(status_of("exit 3") == 3);
	/* SIGPIPE kills, as in any shell. */
	CHECK(status_of("kill -PIPE $$") == 128 + 13);
	/* What outlives the program may write for ever. */
	CHECK(status_of("yes & sleep 0.2") == 0);
}

/* A program of a client that has gone is killed. */
static void gone(void)
{
	static const char request[] =
		"{\"id\":1,\"bg\":true,\"op\":\"exec\",\"timeout_ms\":60000,"
		"\"argv\":[\"sh\",\"-c\",\"sleep 60\"]}\n{\"id\":2,\"op\"";
	int i;

	start();
	put(request, strlen(request));
	/* It runs as soon as the half line behind it has been read. */
	usleep(200000);
	close(client);
	client = -1;
	for (i = 0; i < 500 && !client_gone(); i++)
		usleep(10000);
	CHECK(client_gone());
}

static const struct test tests[] = {
	{ "a first line that is too long is answered", too_long },
	{ "requests, what is none, another client", answers },
	{ "programs that end in any way", programs },
	{ "a client that leaves in the middle of a line", gone },
};

TEST_GROUP(session);
