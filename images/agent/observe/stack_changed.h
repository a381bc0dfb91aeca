/* SPDX-License-Identifier: GPL-2.0 */
/* What the frames have in common that are not as sent. */
#ifndef OBSERVE_STACK_CHANGED_H
#define OBSERVE_STACK_CHANGED_H

#include "observe/stack_classifier.h"

/* Answers with struct bpfrig_changed of each CPU that has seen one. */
int stack_changed(struct request *rq, struct stack *stack, const void *data);
int stack_zero_changed(struct request *rq, struct stack *stack);

#endif /* OBSERVE_STACK_CHANGED_H */
