// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "bpf_util.h"

#define MAX_ENUM	256

int object_info(struct request *rq, int fd, void *info, __u32 size)
{
	int err;

	memset(info, 0, size);
	err = bpf_obj_get_info_by_fd(fd, info, &size);
	if (err)
		return fault_kernel(rq, err, "bpf(BPF_OBJ_GET_INFO_BY_FD)",
				    "asking for an object's info");
	return 0;
}

__u32 map_value_room(const struct bpf_map_info *info)
{
	switch (info->type) {
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		return (info->value_size + 7) / 8 * 8 *
		       libbpf_num_possible_cpus();
	default:
		return info->value_size;
	}
}

int handle_new(struct request *rq, enum handle_kind kind,
	       struct handle *handle)
{
	const char *name;
	int err;

	err = arg_str(rq, "name", &name);
	if (err)
		return err;
	if (!*name || strlen(name) >= sizeof(handle->name))
		return fault_request(rq, "name: 1 to %zu bytes are allowed",
				     sizeof(handle->name) - 1);
	if (handle_exists(name, kind))
		return fault_request(rq, "name: '%s' is taken", name);
	memset(handle, 0, sizeof(*handle));
	handle->kind = kind;
	handle->fd = -1;
	strcpy(handle->name, name);
	return 0;
}

int arg_enum(struct request *rq, const char *name,
	     const char *(*spell)(unsigned int), long long *value)
{
	const char *text, *known;
	unsigned int i;
	int err;

	if (json_is_integer(json_object_get(rq->args, name)))
		return arg_int(rq, name, 0, UINT32_MAX, value);
	err = arg_str(rq, name, &text);
	if (err)
		return err;
	for (i = 0; i < MAX_ENUM; i++) {
		known = spell(i);
		if (known && !strcmp(known, text)) {
			*value = i;
			return 0;
		}
	}
	return fault_request(rq, "%s: '%s' is unknown; give its number", name,
			     text);
}

int arg_dev(struct request *rq, const char **dev, int *ifindex)
{
	int err;

	err = arg_str(rq, "dev", dev);
	if (err)
		return err;
	*ifindex = if_nametoindex(*dev);
	if (!*ifindex)
		return fault_kernel(rq, -errno, "if_nametoindex",
				    "looking for device '%s'", *dev);
	return 0;
}

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

json_t *json_fdinfo(int fd)
{
	char path[64], line[512], *colon, *value, *end;
	json_t *json = json_object();
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		long long n;

		colon = strchr(line, ':');
		if (!colon)
			continue;
		*colon = 0;
		value = colon + 1 + strspn(colon + 1, " \t");
		value[strcspn(value, "\n")] = 0;
		n = strtoll(value, &end, 0);
		json_object_set_new(json, line, *value && !*end ?
				    json_integer(n) :
				    json_text(value, strlen(value)));
	}
	if (file)
		fclose(file);
	return json;
}
