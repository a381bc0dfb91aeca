/* SPDX-License-Identifier: GPL-2.0 */
/* A program that runs with pipes, and is killed with its group when it is late. */
#ifndef CORE_CHILD_H
#define CORE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "core/request.h"

struct stream {
	int fd;		/* -1: at its end, or never opened */
	char *buf;
	size_t len;
	size_t max;
};

/* How a program is started. */
struct child_spec {
	json_t *argv;		/* a list of strings, not empty */
	json_t *env;		/* "NAME=value" over the agent's; may be NULL */
	const char *cwd;	/* NULL: the agent's */
	const char *input;	/* its standard input; NULL: /dev/null */
	long long timeout_ms;
	size_t max;		/* bytes of each buffer */
};

struct child {
	pid_t pid;
	int status;		/* of waitpid(2), once it has ended */
	bool ended;
	bool late;		/* it was killed for its time */
	struct stream out;
	struct stream err;
	int in;			/* -1: nothing to write */
	char *input;
	size_t input_len;
	size_t input_done;
	long long deadline_ms;
};

/* What to do with output for which a buffer has no room. */
enum overflow { OVERFLOW_DROP, OVERFLOW_WAIT };

long long monotonic_ms(void);

/* Starts a program. child_free() must follow, also after a fault. */
int child_start(struct request *rq, const struct child_spec *spec,
		struct child *child);
/*
 * Moves input and output until the program has ended, until it is late, or
 * until a point in time. With OVERFLOW_WAIT it returns early when a buffer is
 * full; the program then waits for the next call.
 */
void child_pump(struct child *child, long long until_ms,
		enum overflow overflow);
/* Whether there is no more to come: it has ended, and all output is read. */
bool child_is_over(const struct child *child);
/* Kills what still runs. */
void child_free(struct child *child);

/* A shell's way: the exit status, or 128 and the signal. */
int child_status(const struct child *child);
/* "SIGSEGV" if a signal killed it, or NULL. */
json_t *child_signal(const struct child *child);

#endif /* CORE_CHILD_H */
