/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes and texts as JSON strings, and back. */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

/* Bytes of any origin as a JSON string; what is not UTF-8 becomes '?'. */
json_t *json_text(const char *text, size_t len);
/* Bytes as a JSON string of lower-case hex digits. */
json_t *json_hex(const void *bytes, size_t len);
/* Returns 0 and malloc'd bytes, -EINVAL when it is not hex, or -ENOMEM. */
int hex_decode(const char *text, uint8_t **bytes, size_t *len);
/* Returns malloc'd bytes, or NULL when it is not base64. */
void *base64_decode(const char *text, size_t *len);

#endif /* CORE_JSON_H */
