/* SPDX-License-Identifier: GPL-2.0 */
/* The session of one client: what every op may ask about it. */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include <stdbool.h>

/* The client went away: an op that waits or loops ends early. */
bool session_gone(void);

/*
 * The same, after a look at the port: for loops that sleep. The atomic that
 * session_gone() reads is only set by whoever writes to the client.
 */
bool session_check(void);

/* Readable for poll(2) when the client goes away, see port_watch(). */
int session_watch(void);

/* Serves clients of the port, one after the other, for ever. */
void session_serve(int fd);

#endif /* CORE_SESSION_H */
