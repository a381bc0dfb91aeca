// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "handles.h"

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

bool handle_exists(const char *name, enum handle_kind kind)
{
	bool exists;

	pthread_mutex_lock(&lock);
	exists = find(name, kind);
	pthread_mutex_unlock(&lock);
	return exists;
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
		err = fault_request(rq, "name: there is a %s '%s' already",
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

int handle_find(struct request *rq, const char *name, enum handle_kind kind,
		struct handle *copy)
{
	struct handle **slot;

	pthread_mutex_lock(&lock);
	slot = find(name, kind);
	if (slot)
		*copy = **slot;
	pthread_mutex_unlock(&lock);
	if (!slot)
		return fault_request(rq, "there is no %s '%s'",
				     kind_name(kind), name);
	return 0;
}

int handle_arg(struct request *rq, const char *arg, enum handle_kind kind,
	       struct handle *copy)
{
	const char *name;
	int err;

	err = arg_str(rq, arg, &name);
	if (err)
		return err;
	return handle_find(rq, name, kind, copy);
}

int handle_close(struct request *rq, const char *name, enum handle_kind kind)
{
	struct handle **slot, *handle = NULL;

	pthread_mutex_lock(&lock);
	slot = find(name, kind);
	if (slot) {
		handle = *slot;
		*slot = handles[--n_handles];
	}
	pthread_mutex_unlock(&lock);
	if (!handle)
		return fault_request(rq, "there is no %s '%s'",
				     kind_name(kind), name);
	close(handle->fd);
	free(handle);
	return 0;
}

void handles_drop(void)
{
	pthread_mutex_lock(&lock);
	while (n_handles) {
		n_handles--;
		close(handles[n_handles]->fd);
		free(handles[n_handles]);
	}
	pthread_mutex_unlock(&lock);
}
