// SPDX-License-Identifier: GPL-2.0
/* What libbpf prints, collected per thread. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <bpf/libbpf.h>
#include "bpf/libbpf_log.h"

static __thread char *log_text;

static int log_print(enum libbpf_print_level level, const char *fmt,
		     va_list args)
{
	char *line, *joined;

	if (level == LIBBPF_DEBUG || vasprintf(&line, fmt, args) < 0)
		return 0;
	if (asprintf(&joined, "%s%s", log_text ? log_text : "", line) >= 0) {
		free(log_text);
		log_text = joined;
	}
	free(line);
	return 0;
}

void libbpf_log_start(void)
{
	libbpf_set_print(log_print);
	free(log_text);
	log_text = NULL;
}

char *libbpf_log_take(void)
{
	char *text = log_text;

	log_text = NULL;
	return text;
}
