// SPDX-License-Identifier: GPL-2.0
/* Bytes and texts as JSON strings, and back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/json.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int hex_decode(const char *text, uint8_t **bytes, size_t *len)
{
	size_t digits = strlen(text), i;

	*bytes = NULL;
	*len = digits / 2;
	if (digits % 2)
		return -EINVAL;
	*bytes = calloc(1, *len + 1);
	if (!*bytes)
		return -ENOMEM;
	for (i = 0; i < *len; i++) {
		int high = hex_digit(text[2 * i]);
		int low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0) {
			free(*bytes);
			*bytes = NULL;
			return -EINVAL;
		}
		(*bytes)[i] = high << 4 | low;
	}
	return 0;
}

json_t *json_hex(const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *in = bytes;
	json_t *json;
	char *text;
	size_t i;

	text = malloc(2 * len + 1);
	if (!text)
		return NULL;
	for (i = 0; i < len; i++) {
		text[2 * i] = digits[in[i] >> 4];
		text[2 * i + 1] = digits[in[i] & 15];
	}
	json = json_stringn(text, 2 * len);
	free(text);
	return json;
}

json_t *json_text(const char *text, size_t len)
{
	json_t *json = json_stringn(text, len);
	char *copy;
	size_t i;

	if (json)
		return json;
	copy = malloc(len + 1);
	if (!copy)
		return NULL;
	for (i = 0; i < len; i++)
		copy[i] = (text[i] & 0x80) ? '?' : text[i];
	json = json_stringn(copy, len);
	free(copy);
	return json;
}
