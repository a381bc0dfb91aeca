/* SPDX-License-Identifier: GPL-2.0 */
/* What every op may ask about the client that it works for. */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>

/* The peer went away: an op that waits or loops ends early. */
bool session_gone(void);

#endif /* SESSION_H */
