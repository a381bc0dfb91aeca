/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_H
#define SERVE_H

/* Exists as soon as the agent serves. */
#define READY_FILE	"/run/agent.ready"

/* Serves the virtio-serial port for ever; returns 1 when there is none. */
int serve(void);

/* Loads the modules that a file lists; returns the exit code. */
int load_modules(const char *list);

/* Prints the ops and their arguments as JSON; returns the exit code. */
int describe(void);

#endif /* SERVE_H */
