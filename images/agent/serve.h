/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_H
#define SERVE_H

/* Listens on a Unix socket and serves one client at a time; 1 on failure. */
int serve(const char *path);
/* Joins stdin and stdout to that socket until the agent closes it. */
int relay(const char *path);

/* Loads what a file lists; gives the exit code. */
int load_modules(const char *list);

#endif /* SERVE_H */
