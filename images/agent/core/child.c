// SPDX-License-Identifier: GPL-2.0
/* A program with its input and output: started, served, killed when late. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "core/child.h"
#include "core/client.h"
#include "core/environment.h"

#define TICK_MS		100

long long monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool is_full(const struct stream *stream)
{
	return stream->len == stream->max;
}

/* One read; at the stream's end it is closed. */
static void take(struct stream *stream)
{
	char discarded[4096];
	ssize_t n;

	if (!is_full(stream))
		n = read(stream->fd, stream->buf + stream->len,
			 stream->max - stream->len);
	else
		n = read(stream->fd, discarded, sizeof(discarded));
	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0)
		close_fd(&stream->fd);
	else if (!is_full(stream))
		stream->len += n;
}

/*
 * What is there when the program has ended. A child of it may hold the stream
 * open, or write to it, for ever.
 */
static void take_rest(struct stream *stream)
{
	struct pollfd readable = { .fd = stream->fd, .events = POLLIN };

	while (stream->fd >= 0 && !is_full(stream) &&
	       poll(&readable, 1, 0) > 0) {
		take(stream);
		readable.fd = stream->fd;
	}
	if (!is_full(stream))
		close_fd(&stream->fd);
}

static void feed(struct child *child)
{
	ssize_t n = write(child->in, child->input + child->input_done,
			  child->input_len - child->input_done);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0)
		child->input_done += n;
	if (n < 0 || child->input_done == child->input_len)
		close_fd(&child->in);
}

/* Waits for something to do, and does it. */
static void serve(struct child *child, long long wait_ms,
		  enum overflow overflow)
{
	struct stream *streams[] = { &child->out, &child->err };
	struct pollfd fds[4];
	int i;

	for (i = 0; i < 2; i++) {
		bool wait = overflow == OVERFLOW_WAIT && is_full(streams[i]);

		fds[i] = (struct pollfd){ .fd = wait ? -1 : streams[i]->fd,
					  .events = POLLIN };
	}
	fds[2] = (struct pollfd){ .fd = client_watch(), .events = POLLIN };
	fds[3] = (struct pollfd){ .fd = child->in, .events = POLLOUT };
	/* Without streams only waitpid(2) says that it has ended. */
	if (fds[0].fd < 0 && fds[1].fd < 0)
		wait_ms = 1;
	poll(fds, 4, wait_ms < TICK_MS ? wait_ms : TICK_MS);
	for (i = 0; i < 2; i++)
		if (fds[i].revents)
			take(streams[i]);
	if (fds[3].revents)
		feed(child);
}

static void end(struct child *child)
{
	child->ended = true;
	close_fd(&child->in);
	take_rest(&child->out);
	take_rest(&child->err);
}

void child_pump(struct child *child, long long until_ms,
		enum overflow overflow)
{
	long long now = monotonic_ms();

	if (child->ended) {
		end(child);
		return;
	}
	for (;;) {
		serve(child, until_ms > now ? until_ms - now : 0, overflow);
		if (waitpid(child->pid, &child->status, WNOHANG) ==
		    child->pid) {
			end(child);
			return;
		}
		now = monotonic_ms();
		if (now >= child->deadline_ms || client_check()) {
			child->late = true;
			kill(-child->pid, SIGKILL);
			waitpid(child->pid, &child->status, 0);
			end(child);
			return;
		}
		if (now >= until_ms)
			return;
		if (overflow == OVERFLOW_WAIT &&
		    (is_full(&child->out) || is_full(&child->err)))
			return;
	}
}

bool child_is_over(const struct child *child)
{
	return child->ended && child->out.fd < 0 && child->err.fd < 0;
}

static int prepare(struct request *rq, const struct child_spec *spec,
		   struct child *child, int ends[3])
{
	int in[2], out[2], err[2];

	*child = (struct child){ .in = -1, .out.fd = -1, .err.fd = -1,
				 .out.max = spec->max, .err.max = spec->max };
	ends[0] = ends[1] = ends[2] = -1;
	child->deadline_ms = monotonic_ms() + spec->timeout_ms;
	child->out.buf = malloc(spec->max);
	child->err.buf = malloc(spec->max);
	if (spec->input)
		child->input = strdup(spec->input);
	if (!child->out.buf || !child->err.buf ||
	    (spec->input && !child->input))
		return fault_agent(rq, "malloc", "out of memory");
	if (pipe2(out, O_CLOEXEC))
		return fault_agent(rq, "pipe2", "%s", strerror(errno));
	child->out.fd = out[0];
	ends[1] = out[1];
	if (pipe2(err, O_CLOEXEC))
		return fault_agent(rq, "pipe2", "%s", strerror(errno));
	child->err.fd = err[0];
	ends[2] = err[1];
	if (!child->input)
		return 0;
	child->input_len = strlen(child->input);
	if (pipe2(in, O_CLOEXEC))
		return fault_agent(rq, "pipe2", "%s", strerror(errno));
	child->in = in[1];
	ends[0] = in[0];
	fcntl(child->in, F_SETFL, O_NONBLOCK);
	if (!child->input_len)
		close_fd(&child->in);
	return 0;
}

static int spawn(struct request *rq, const struct child_spec *spec,
		 char **argv, char **env, const int ends[3], pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t ignored;
	int err;

	posix_spawn_file_actions_init(&actions);
	if (ends[0] >= 0)
		posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
	else
		posix_spawn_file_actions_addopen(&actions, 0, "/dev/null",
						 O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_adddup2(&actions, ends[2], 2);
	if (spec->cwd)
		posix_spawn_file_actions_addchdir_np(&actions, spec->cwd);
	posix_spawnattr_init(&attr);
	/* The agent ignores SIGPIPE; a program expects to be killed by it. */
	sigemptyset(&ignored);
	sigaddset(&ignored, SIGPIPE);
	posix_spawnattr_setsigdefault(&attr, &ignored);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
					POSIX_SPAWN_SETSIGDEF);
	err = -posix_spawnp(pid, argv[0], &actions, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		return fault_kernel(rq, err, "execve", "starting %s", argv[0]);
	return 0;
}

/* posix_spawn(3) does not say which of its steps has failed. */
static int check_cwd(struct request *rq, const char *cwd)
{
	int fd;

	if (!cwd)
		return 0;
	fd = open(cwd, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fault_kernel(rq, -errno, "chdir", "changing to %s", cwd);
	close(fd);
	return 0;
}

int child_start(struct request *rq, const struct child_spec *spec,
		struct child *child)
{
	char **argv = NULL, **env = NULL;
	int ends[3], err, i;

	err = prepare(rq, spec, child, ends);
	if (!err)
		err = check_cwd(rq, spec->cwd);
	if (!err) {
		argv = string_vector(spec->argv);
		env = environment_with(spec->env);
		err = argv && env ? spawn(rq, spec, argv, env, ends,
					  &child->pid) :
				    fault_agent(rq, "calloc", "out of memory");
	}
	free(argv);
	free(env);
	for (i = 0; i < 3; i++)
		close_fd(&ends[i]);
	if (err)
		child->pid = 0;
	return err;
}

void child_free(struct child *child)
{
	if (child->pid > 0 && !child->ended) {
		kill(-child->pid, SIGKILL);
		waitpid(child->pid, &child->status, 0);
	}
	close_fd(&child->in);
	close_fd(&child->out.fd);
	close_fd(&child->err.fd);
	free(child->out.buf);
	free(child->err.buf);
	free(child->input);
	*child = (struct child){ .in = -1, .out.fd = -1, .err.fd = -1 };
}

int child_status(const struct child *child)
{
	int status = child->status;

	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

json_t *child_signal(const struct child *child)
{
	const char *name;
	char text[32];

	if (!WIFSIGNALED(child->status))
		return json_null();
	name = sigabbrev_np(WTERMSIG(child->status));
	if (name)
		snprintf(text, sizeof(text), "SIG%s", name);
	else
		snprintf(text, sizeof(text), "signal %d",
			 WTERMSIG(child->status));
	return json_string(text);
}
