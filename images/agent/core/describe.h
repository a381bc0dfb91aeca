/* SPDX-License-Identifier: GPL-2.0 */
/* The ops as JSON. */
#ifndef CORE_DESCRIBE_H
#define CORE_DESCRIBE_H

#include <jansson.h>

/* {"ops":[{"op":..,"args":[..]}],..}: the ops and their arguments. */
json_t *description(void);

#endif /* CORE_DESCRIBE_H */
