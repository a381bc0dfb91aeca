/* SPDX-License-Identifier: GPL-2.0 */
/* Whole lines to the client, from any thread. */
#ifndef CORE_OUTPUT_H
#define CORE_OUTPUT_H

#include <stdbool.h>
#include <jansson.h>

/* Lines go to fd from now on; those of an older generation go nowhere. */
void output_open(int fd, unsigned int generation);
/* From now on lines go nowhere. */
void output_close(void);
/* Takes the reference. Returns false when the client is gone. */
bool output_json(unsigned int generation, json_t *json);

#endif /* CORE_OUTPUT_H */
