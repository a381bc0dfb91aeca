// SPDX-License-Identifier: GPL-2.0
/* Programs with their input and output, and the environment that they get. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/child.h"
#include "core/client.h"
#include "core/environment.h"
#include "test/test.h"

#define SH(script) json_pack("[s,s,s]", "sh", "-c", script)

/* A client that is there: without one, whatever runs is killed. */
static int client[2];

static void connect_client(void)
{
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, client));
	client_init(client[0]);
	client_begin();
}

static void disconnect_client(void)
{
	client_end();
	client_init(-1);
	close(client[0]);
	close(client[1]);
}

/* Starts a program and serves it to its end, with buffers of max bytes. */
static void run(json_t *argv, const char *input, long long timeout_ms,
		size_t max, struct child *child)
{
	struct child_spec spec = { .argv = argv, .input = input, .max = max,
				   .timeout_ms = timeout_ms };
	struct request rq = {};

	CHECK(!child_start(&rq, &spec, child));
	child_pump(child, child->deadline_ms, OVERFLOW_DROP);
	json_decref(argv);
}

static void output(void)
{
	struct child child;

	connect_client();
	run(SH("echo out; echo err >&2; exit 7"), NULL, 10000, 100, &child);
	CHECK(child_is_over(&child) && !child.late);
	CHECK(child_status(&child) == 7);
	JSON_EQUAL(child_signal(&child), "null");
	CHECK(child.out.len == 4 && !memcmp(child.out.buf, "out\n", 4));
	CHECK(child.err.len == 4 && !memcmp(child.err.buf, "err\n", 4));
	child_free(&child);
	disconnect_client();
}

static void input(void)
{
	size_t size = 300000;
	char *text = calloc(size + 1, 1);
	struct child child;

	/* As the agent does. */
	signal(SIGPIPE, SIG_IGN);
	/* More than a pipe holds. */
	memset(text, 'x', size);
	connect_client();
	run(SH("wc -c"), text, 10000, 100, &child);
	CHECK(child.out.len == 7 && !memcmp(child.out.buf, "300000\n", 7));
	child_free(&child);
	/* A program that does not read all of it. */
	run(SH("exec true"), text, 10000, 100, &child);
	CHECK(child_is_over(&child) && child_status(&child) == 0);
	child_free(&child);
	disconnect_client();
	free(text);
}

static void late(void)
{
	struct child child;

	connect_client();
	run(SH("echo begun; sleep 60 & wait"), NULL, 300, 100, &child);
	CHECK(child.late && child_status(&child) == 128 + 9);
	JSON_EQUAL(child_signal(&child), "\"SIGKILL\"");
	CHECK(child.out.len == 6);
	child_free(&child);
	disconnect_client();
}

static void pieces(void)
{
	struct child_spec spec = { .argv = SH("seq 20000; kill -SEGV $$"),
				   .max = 1000, .timeout_ms = 10000 };
	struct request rq = {};
	struct child child;
	size_t sum = 0;

	connect_client();
	CHECK(!child_start(&rq, &spec, &child));
	while (!child_is_over(&child)) {
		child_pump(&child, monotonic_ms() + 100, OVERFLOW_WAIT);
		CHECK(child.out.len <= 1000);
		sum += child.out.len;
		child.out.len = 0;
	}
	/* Nothing is lost, although the buffer is small. */
	CHECK(sum == 108894);
	JSON_EQUAL(child_signal(&child), "\"SIGSEGV\"");
	child_free(&child);
	json_decref(spec.argv);
	disconnect_client();
}

static void refused(void)
{
	struct child_spec spec = { .max = 10, .timeout_ms = 1000 };
	struct request rq = {};
	struct child child;

	spec.argv = json_pack("[s]", "no-such-program");
	CHECK(child_start(&rq, &spec, &child) < 0);
	EQUAL(rq.fault.where, "execve");
	child_free(&child);
	spec.cwd = "/no/such/folder";
	CHECK(child_start(&rq, &spec, &child) < 0);
	EQUAL(rq.fault.where, "chdir");
	child_free(&child);
	json_decref(spec.argv);
}

static void environment(void)
{
	json_t *list = json_pack("[s,s]", "PATH=/x", "BPFRIG_NEW=1");
	size_t paths = 0, i;
	char **env = environment_with(list);

	EQUAL(env[0], "PATH=/x");
	EQUAL(env[1], "BPFRIG_NEW=1");
	for (i = 0; env[i]; i++)
		paths += !strncmp(env[i], "PATH=", 5);
	CHECK(paths == 1);
	free(env);
	json_decref(list);
	env = environment_with(NULL);
	CHECK(env != NULL);
	free(env);
}

static const struct test tests[] = {
	{ "both outputs and the status", output },
	{ "input of any size", input },
	{ "a program that is late is killed, and has its output", late },
	{ "output in pieces", pieces },
	{ "what cannot be started", refused },
	{ "a variable replaces the agent's own", environment },
};

TEST_GROUP(child);
