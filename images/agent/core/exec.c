// SPDX-License-Identifier: GPL-2.0
/* exec: a program with its output, killed with its group when it is late. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "core/client.h"
#include "core/json.h"
#include "core/op.h"

/* The most of a stream that is answered; the rest is read and dropped. */
#define MAX_OUTPUT	(1 << 20)
#define TICK_MS		100

extern char **environ;

struct stream {
	int fd;
	char *buf;
	size_t len;
};

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* One read; at the stream's end it is closed. */
static void take(struct stream *stream)
{
	char discarded[4096];
	ssize_t n;

	if (stream->len < MAX_OUTPUT)
		n = read(stream->fd, stream->buf + stream->len,
			 MAX_OUTPUT - stream->len);
	else
		n = read(stream->fd, discarded, sizeof(discarded));
	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		close(stream->fd);
		stream->fd = -1;
	} else if (stream->len < MAX_OUTPUT) {
		stream->len += n;
	}
}

/*
 * What is there when the program has ended. A child of it may hold the stream
 * open, or write to it, for ever.
 */
static void take_rest(struct stream *stream)
{
	struct pollfd readable = { .fd = stream->fd, .events = POLLIN };

	while (stream->fd >= 0 && stream->len < MAX_OUTPUT &&
	       poll(&readable, 1, 0) > 0)
		take(stream);
}

/* 0 when the program has ended, -ETIME when it was too late and is killed. */
static int watch(pid_t pid, struct stream streams[2], long long timeout_ms,
		 int *status)
{
	long long until = now_ms() + timeout_ms;
	int i;

	for (;;) {
		struct pollfd fds[3];
		pid_t ended;

		for (i = 0; i < 2; i++)
			fds[i] = (struct pollfd){ .fd = streams[i].fd,
						  .events = POLLIN };
		fds[2] = (struct pollfd){ .fd = client_watch(),
					  .events = POLLIN };
		poll(fds, 3, streams[0].fd < 0 && streams[1].fd < 0 ? 1 :
								      TICK_MS);
		for (i = 0; i < 2; i++)
			if (fds[i].revents)
				take(&streams[i]);
		ended = waitpid(pid, status, WNOHANG);
		if (ended == pid) {
			take_rest(&streams[0]);
			take_rest(&streams[1]);
			return 0;
		}
		if (now_ms() >= until || client_check()) {
			kill(-pid, SIGKILL);
			waitpid(pid, status, 0);
			return -ETIME;
		}
	}
}

static int spawn(struct request *rq, char **argv, struct stream streams[2],
		 pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t ignored;
	int out[2], errs[2], err;

	if (pipe2(out, O_CLOEXEC))
		return fault_agent(rq, "pipe2", "%s", strerror(errno));
	if (pipe2(errs, O_CLOEXEC)) {
		close(out[0]);
		close(out[1]);
		return fault_agent(rq, "pipe2", "%s", strerror(errno));
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY,
					 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_adddup2(&actions, errs[1], 2);
	posix_spawnattr_init(&attr);
	/* The agent ignores SIGPIPE; a program expects to be killed by it. */
	sigemptyset(&ignored);
	sigaddset(&ignored, SIGPIPE);
	posix_spawnattr_setsigdefault(&attr, &ignored);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
					POSIX_SPAWN_SETSIGDEF);
	err = -posix_spawnp(pid, argv[0], &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	close(errs[1]);
	streams[0].fd = out[0];
	streams[1].fd = errs[0];
	if (err)
		return fault_kernel(rq, err, "execve", "starting %s", argv[0]);
	return 0;
}

/* A shell's way: the exit status, or 128 and the signal. */
static int shell_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

static int run(struct request *rq, char **argv, long long timeout_ms)
{
	struct stream streams[2] = { { .fd = -1 }, { .fd = -1 } };
	int err = 0, status, i;
	pid_t pid;

	for (i = 0; i < 2; i++) {
		streams[i].buf = malloc(MAX_OUTPUT);
		if (!streams[i].buf)
			err = fault_agent(rq, "malloc", "out of memory");
	}
	if (!err)
		err = spawn(rq, argv, streams, &pid);
	if (!err) {
		err = watch(pid, streams, timeout_ms, &status);
		if (err)
			fault_agent(rq, "exec", "%s did not end within %lld ms",
				    argv[0], timeout_ms);
		else
			rq->answer = json_pack(
				"{s:i,s:o,s:o}",
				"status", shell_status(status), "stdout",
				json_text(streams[0].buf, streams[0].len),
				"stderr",
				json_text(streams[1].buf, streams[1].len));
	}
	for (i = 0; i < 2; i++) {
		if (streams[i].fd >= 0)
			close(streams[i].fd);
		free(streams[i].buf);
	}
	return err;
}

struct exec {
	json_t *argv;
	long long timeout_ms;
};

static const struct exec exec_defaults = { .timeout_ms = 10000 };

static const struct arg exec_args[] = {
	ARG_STRINGS(struct exec, argv, REQUIRED),
	ARG_INT(struct exec, timeout_ms, 1, 3600000),
};

static int op_exec(struct request *rq, const void *data)
{
	const struct exec *args = data;
	json_t *one;
	char **argv;
	size_t i;
	int err;

	if (!json_array_size(args->argv))
		return fault_request(rq, "argv: must not be empty");
	argv = calloc(json_array_size(args->argv) + 1, sizeof(*argv));
	if (!argv)
		return fault_agent(rq, "calloc", "out of memory");
	json_array_foreach(args->argv, i, one)
		argv[i] = (char *)json_string_value(one);
	err = run(rq, argv, args->timeout_ms);
	free(argv);
	return err;
}

static const struct op ops[] = {
	{ .name = "exec", .run = op_exec, .defaults = &exec_defaults,
	  OP_ARGS(exec_args, struct exec) },
};

const struct module exec_module = { .name = "exec", MODULE_OPS(ops) };
