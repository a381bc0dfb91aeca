// SPDX-License-Identifier: GPL-2.0
/* The maps and programs of a session, by name. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpf/handles.h"
#include "core/op.h"

#define MAX_HANDLES 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct handle *handles[MAX_HANDLES];
static size_t n_handles;

static const char *kind_name(enum handle_kind kind)
{
	return kind == HANDLE_MAP ? "map" : "program";
}

static struct handle **find(const char *name, enum handle_kind kind)
{
	size_t i;

	for (i = 0; i < n_handles; i++)
		if (handles[i]->kind == kind && !strcmp(handles[i]->name, name))
			return &handles[i];
	return NULL;
}

int new_name_parse(struct request *rq, const struct arg *arg, json_t *value,
		   void *to)
{
	size_t len = strlen(json_string_value(value));

	if (!len || len >= sizeof(((struct handle *)0)->name))
		return fault_request(rq, "%s: must be 1 to %zu bytes long",
				     arg->name,
				     sizeof(((struct handle *)0)->name) - 1);
	*(const char **)to = json_string_value(value);
	return 0;
}

int handle_new(struct request *rq, enum handle_kind kind, const char *name,
	       struct handle *handle)
{
	bool taken;

	pthread_mutex_lock(&lock);
	taken = find(name, kind);
	pthread_mutex_unlock(&lock);
	if (taken)
		return fault_request(rq, "name: there is already a %s '%s'",
				     kind_name(kind), name);
	memset(handle, 0, sizeof(*handle));
	handle->kind = kind;
	handle->fd = -1;
	snprintf(handle->name, sizeof(handle->name), "%s", name);
	return 0;
}

int handle_add(struct request *rq, const struct handle *handle)
{
	struct handle *copy = malloc(sizeof(*copy));
	int err = 0;

	if (!copy) {
		close(handle->fd);
		return fault_agent(rq, "malloc", "out of memory");
	}
	*copy = *handle;
	pthread_mutex_lock(&lock);
	if (find(handle->name, handle->kind))
		err = fault_request(rq, "name: there is already a %s '%s'",
				    kind_name(handle->kind), handle->name);
	else if (n_handles == MAX_HANDLES)
		err = fault_request(rq, "name: more than %d handles are open",
				    MAX_HANDLES);
	else
		handles[n_handles++] = copy;
	pthread_mutex_unlock(&lock);
	if (err) {
		close(copy->fd);
		free(copy);
	}
	return err;
}

int handle_find(struct request *rq, const char *arg, const char *name,
		enum handle_kind kind, struct handle *copy)
{
	struct handle **slot;

	pthread_mutex_lock(&lock);
	slot = find(name, kind);
	if (slot)
		*copy = **slot;
	pthread_mutex_unlock(&lock);
	if (!slot)
		return fault_request(rq, "%s: there is no %s '%s'", arg,
				     kind_name(kind), name);
	return 0;
}

int map_parse(struct request *rq, const struct arg *arg, json_t *value,
	      void *to)
{
	return handle_find(rq, arg->name, json_string_value(value),
			   HANDLE_MAP, to);
}

int program_parse(struct request *rq, const struct arg *arg, json_t *value,
		  void *to)
{
	return handle_find(rq, arg->name, json_string_value(value),
			   HANDLE_PROG, to);
}

struct close_args {
	struct handle map;
	struct handle program;
};

static const struct arg close_args_table[] = {
	ARG_MAP(struct close_args, map),
	ARG_PROGRAM(struct close_args, program),
};

static int op_close(struct request *rq, const void *data)
{
	const struct close_args *args = data;
	const struct handle *named = args->map.kind ? &args->map :
						      &args->program;
	struct handle **slot, *handle = NULL;

	if (!args->map.kind == !args->program.kind)
		return fault_request(rq, "one of map and program must be given");
	pthread_mutex_lock(&lock);
	slot = find(named->name, named->kind);
	if (slot) {
		handle = *slot;
		*slot = handles[--n_handles];
	}
	pthread_mutex_unlock(&lock);
	if (!handle)
		return fault_request(rq, "there is no %s '%s'",
				     kind_name(named->kind), named->name);
	close(handle->fd);
	free(handle);
	return 0;
}

void handles_close_of(const struct bpf_object *object)
{
	size_t i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < n_handles; i++) {
		struct handle *handle = handles[i];

		if (handle->object != object)
			continue;
		handles[i--] = handles[--n_handles];
		close(handle->fd);
		free(handle);
	}
	pthread_mutex_unlock(&lock);
}

static void drop_handles(void)
{
	pthread_mutex_lock(&lock);
	while (n_handles) {
		n_handles--;
		close(handles[n_handles]->fd);
		free(handles[n_handles]);
	}
	pthread_mutex_unlock(&lock);
}

static const struct op ops[] = {
	{ .name = "close", .run = op_close,
	  OP_ARGS(close_args_table, struct close_args) },
};

const struct module handles_module = {
	.name = "handles", MODULE_OPS(ops), .drop = drop_handles,
};
