/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CLIENT_H
#define CLIENT_H

/*
 * Serves the client on fd in threads of its own, and closes fd at the end.
 * -EBUSY when there is a client already; one that is leaving is waited for.
 */
int client_start(int fd);

/* The peer is gone: what runs for it is made to end. */
void client_left(void);

#endif /* CLIENT_H */
