/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TRACEFS_H
#define TRACEFS_H

/* Mounts tracefs where it is not yet; 0 or a negative errno. */
int tracefs_mount(void);
/* The full path of a file below tracefs. */
void tracefs_path(const char *file, char path[128]);

#endif /* TRACEFS_H */
