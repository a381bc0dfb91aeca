/* SPDX-License-Identifier: GPL-2.0 */
/* Where tracefs is. */
#ifndef OBSERVE_TRACEFS_H
#define OBSERVE_TRACEFS_H

/* Mounts tracefs where it is not yet; 0 or a negative errno. */
int tracefs_mount(void);
/* The full path of a file below tracefs. */
void tracefs_path(const char *file, char path[128]);

#endif /* OBSERVE_TRACEFS_H */
