/* SPDX-License-Identifier: GPL-2.0 */
/* The client of the current session. */
#ifndef CORE_CLIENT_H
#define CORE_CLIENT_H

#include <stdbool.h>
#include <jansson.h>

/* The client went away: an op that waits or loops ends early. */
bool client_gone(void);

/*
 * The same, after a look at the port: for loops that sleep. The atomic that
 * client_gone() reads is only set by whoever writes to the client.
 */
bool client_check(void);

/* Readable for poll(2) when the client goes away, see port_watch(). */
int client_watch(void);

/* The rest is for session.c. Clients come through this port. */
void client_init(int port);
/* A session begins, or has ended. */
void client_begin(void);
void client_end(void);

/*
 * The number of the client that is served. Threads that outlive their session
 * keep that of their client, so that they do nothing to the next one.
 */
unsigned int client_number(void);

/* Whatever runs for this client is made to end. */
void client_left(unsigned int whose);

/* A line to this client; takes the reference. */
void client_send(unsigned int whose, json_t *line);

#endif /* CORE_CLIENT_H */
