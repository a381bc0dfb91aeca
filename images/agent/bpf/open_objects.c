// SPDX-License-Identifier: GPL-2.0
/* Opening object files, and the objects that a session keeps open. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/libbpf_log.h"
#include "bpf/open_objects.h"
#include "core/file.h"
#include "core/json.h"
#include "core/op.h"

#define MAX_OBJECTS	1024

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct bpf_object *objects[MAX_OBJECTS];
static size_t n_objects;

/* The ELF file; the caller frees it. */
static int object_bytes(struct request *rq, const struct object_source *source,
			void **bytes, size_t *size)
{
	if (!source->object == !source->object_data)
		return fault_request(rq, "one of object and object_data must be given");
	if (source->object)
		return file_read(rq, source->object, (char **)bytes, size);
	*bytes = base64_decode(source->object_data, size);
	if (!*bytes)
		return fault_request(rq, "object_data: must be base64");
	return 0;
}

int object_open(struct request *rq, const struct object_source *source,
		struct bpf_object **obj)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = source->name);
	void *bytes = NULL;
	size_t size;
	int err;

	err = object_bytes(rq, source, &bytes, &size);
	if (err)
		return err;
	libbpf_log_start();
	*obj = bpf_object__open_mem(bytes, size, &opts);
	if (!*obj) {
		err = fault_request(rq, "object: libbpf cannot open it: %s",
				    strerror(errno));
		rq->fault.log = libbpf_log_take();
	}
	/* libbpf has copied what it needs. */
	free(bytes);
	return err;
}

int object_keep(struct request *rq, struct bpf_object *obj)
{
	bool room;

	pthread_mutex_lock(&lock);
	room = n_objects < MAX_OBJECTS;
	if (room)
		objects[n_objects++] = obj;
	pthread_mutex_unlock(&lock);
	if (room)
		return 0;
	bpf_object__close(obj);
	return fault_request(rq, "more than %d objects are open", MAX_OBJECTS);
}

/* Pinned maps would be found by the next session's objects. */
static void unpin_maps(struct bpf_object *obj)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
		if (bpf_map__is_pinned(map))
			bpf_map__unpin(map, NULL);
}

static void drop_objects(void)
{
	pthread_mutex_lock(&lock);
	while (n_objects) {
		struct bpf_object *obj = objects[--n_objects];

		unpin_maps(obj);
		bpf_object__close(obj);
	}
	pthread_mutex_unlock(&lock);
}

const struct module open_objects_module = {
	.name = "open_objects", .drop = drop_objects,
};
