/* SPDX-License-Identifier: GPL-2.0 */
/* Whole lines to the client, from any thread. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <jansson.h>

/* Lines go to fd until close; those of an older generation go nowhere. */
void output_open(int fd, unsigned int generation);
void output_close(void);
/* Takes the reference. Calls client_left() when the peer is gone. */
void output_json(unsigned int generation, json_t *json);

#endif /* OUTPUT_H */
