/* SPDX-License-Identifier: GPL-2.0 */
/* Hist triggers as text: what is written, and what a "hist" file shows. */
#ifndef OBSERVE_HIST_TEXT_H
#define OBSERVE_HIST_TEXT_H

#include "observe/witness_rows.h"

#define HIST_TRIGGER_SIZE 512

/* How many triggers an event needs. */
size_t hist_triggers(const struct witness_event *event);

/* The i-th of them; false when the kernel cannot distinguish so many. */
bool hist_trigger(const struct witness_event *event, size_t i,
		  char text[HIST_TRIGGER_SIZE]);

/* Adds what an event's hist file shows to the rows; changes the text. */
void hist_parse(char *text, const struct witness_plan *plan, size_t event,
		struct witness_rows *rows);

#endif /* OBSERVE_HIST_TEXT_H */
