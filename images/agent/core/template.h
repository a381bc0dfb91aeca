/* SPDX-License-Identifier: GPL-2.0 */
/* Whether a session outlives its client. */
#ifndef CORE_TEMPLATE_H
#define CORE_TEMPLATE_H

#include <stdbool.h>

/* What a session made stays when it ends, since an op "keep". */
bool session_is_kept(void);

#endif /* CORE_TEMPLATE_H */
