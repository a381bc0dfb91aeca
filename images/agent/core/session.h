/* SPDX-License-Identifier: GPL-2.0 */
/* The sessions of clients. */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

/* Serves clients of the port, one after the other, for ever. */
void session_serve(int fd);

#endif /* CORE_SESSION_H */
