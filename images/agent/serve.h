/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_H
#define SERVE_H

/* Is there as soon as the agent listens. */
#define READY_FILE	"/run/agent.ready"

/*
 * Listens on a TCP port of the loopback device, which is where ssh can join
 * a channel to without starting a program, and serves one client at a time.
 * Gives 1 on failure.
 */
int serve(int port);

/* Loads what a file lists; gives the exit code. */
int load_modules(const char *list);

#endif /* SERVE_H */
