// SPDX-License-Identifier: GPL-2.0
/* Decodes base64, as an object file comes in a request. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/json.h"

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	if (c == '/')
		return 63;
	return -1;
}

void *base64_decode(const char *text, size_t *len)
{
	size_t n = strlen(text), i;
	uint32_t bits = 0;
	uint8_t *out;

	if (n % 4)
		return NULL;
	while (n && text[n - 1] == '=')
		n--;
	out = malloc(n + 1);
	if (!out)
		return NULL;
	*len = 0;
	for (i = 0; i < n; i++) {
		int value = digit(text[i]);

		if (value < 0) {
			free(out);
			return NULL;
		}
		bits = bits << 6 | value;
		/* Every digit but the first of four completes a byte. */
		if (i % 4)
			out[(*len)++] = bits >> (6 - 2 * (i % 4));
	}
	return out;
}
