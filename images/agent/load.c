// SPDX-License-Identifier: GPL-2.0
/* load: one program out of an object file, and only the maps that it uses. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "bpf_util.h"
#include "file.h"
#include "handles.h"
#include "load.h"
#include "ops.h"

/* The most that any kernel takes; a log that did not fit would be -ENOSPC. */
#define LOG_SIZE	((16 << 20) - 1)

/* The ELF file that "object" or "object_data" gives; the caller frees. */
static int object_bytes(struct request *rq, void **bytes, size_t *size)
{
	const char *path, *text;
	int err;

	if (arg_given(rq, "object") == arg_given(rq, "object_data"))
		return fault_request(rq, "object or object_data: one of them is wanted");
	if (arg_given(rq, "object_data")) {
		err = arg_str(rq, "object_data", &text);
		if (err)
			return err;
		*bytes = base64_decode(text, size);
		if (!*bytes)
			return fault_request(rq, "object_data: not base64");
		return 0;
	}
	err = arg_str(rq, "object", &path);
	if (err)
		return err;
	return file_read(rq, path, (char **)bytes, size);
}

/* Only the program asked for is loaded. */
static int choose_program(struct request *rq, struct bpf_object *obj,
			  const char *name, struct bpf_program **chosen)
{
	struct bpf_program *prog;
	char known[384] = "";
	size_t len = 0;

	*chosen = NULL;
	bpf_object__for_each_program(prog, obj) {
		bool it = !strcmp(bpf_program__name(prog), name);

		bpf_program__set_autoload(prog, it);
		if (it)
			*chosen = prog;
		if (len < sizeof(known))
			len += snprintf(known + len, sizeof(known) - len,
					" %s", bpf_program__name(prog));
	}
	if (!*chosen)
		return fault_request(rq, "program: the object has no '%s'; known:%s",
				     name, known);
	return load_options(rq, *chosen);
}

/* Argument "create": names of maps that libbpf creates. */
static int created_maps(struct request *rq, struct bpf_object *obj)
{
	json_t *names = json_object_get(rq->args, "create");
	struct bpf_map *map;
	json_t *value;
	size_t i;

	json_array_foreach(names, i, value) {
		map = json_is_string(value) ?
			      bpf_object__find_map_by_name(
				      obj, json_string_value(value)) :
			      NULL;
		if (!map)
			return fault_request(rq, "create: item %zu must be a map of the object",
					     i);
		bpf_map__set_autocreate(map, true);
	}
	return 0;
}

static int choose_maps(struct request *rq, struct bpf_object *obj)
{
	json_t *maps = json_object_get(rq->args, "maps");
	struct handle handle;
	struct bpf_map *map;
	const char *name;
	json_t *value;
	int err;

	/* Internal maps hold the config: they are created in any case. */
	bpf_object__for_each_map(map, obj)
		if (!bpf_map__is_internal(map))
			bpf_map__set_autocreate(map, false);
	err = created_maps(rq, obj);
	if (err)
		return err;

	if (!maps || json_is_null(maps))
		return 0;
	if (!json_is_object(maps))
		return fault_request(rq, "maps: an object is wanted");
	json_object_foreach(maps, name, value) {
		if (!json_is_string(value))
			return fault_request(rq, "maps: %s: a handle is wanted",
					     name);
		map = bpf_object__find_map_by_name(obj, name);
		if (!map)
			return fault_request(rq, "maps: the object has no map '%s'",
					     name);
		err = handle_find(rq, json_string_value(value), HANDLE_MAP,
				  &handle);
		if (err)
			return err;
		/* Takes over the real map's type, sizes and flags. */
		err = bpf_map__reuse_fd(map, handle.fd);
		if (err)
			return fault_kernel(rq, err, "bpf_map__reuse_fd",
					    "using map '%s' for '%s'",
					    handle.name, name);
		bpf_map__set_autocreate(map, true);
	}
	return 0;
}

static int load_object(struct request *rq, struct bpf_object *obj,
		       struct bpf_program *prog)
{
	/* Not calloc: clearing what is hardly ever used takes 30 ms. */
	char *log = malloc(LOG_SIZE);
	char *said;
	int err;

	if (!log)
		return fault_agent(rq, "malloc", "no memory for a log");
	*log = 0;
	bpf_program__set_log_buf(prog, log, LOG_SIZE);
	libbpf_log_start();
	err = bpf_object__load(obj);
	said = libbpf_log_take();
	if (err) {
		fault_kernel(rq, err, "bpf(BPF_PROG_LOAD)",
			     "loading program '%s'", bpf_program__name(prog));
		rq->fault.log = *log ? strdup(log) : said;
		if (rq->fault.log == said)
			said = NULL;
	}
	free(said);
	free(log);
	return err;
}

static int keep_program(struct request *rq, struct handle *handle,
			const struct bpf_program *prog)
{
	struct bpf_prog_info info;
	int err;

	handle->fd = fcntl(bpf_program__fd(prog), F_DUPFD_CLOEXEC, 3);
	if (handle->fd < 0)
		return fault_agent(rq, "fcntl(F_DUPFD_CLOEXEC)", "%s",
				   strerror(errno));
	snprintf(handle->function, sizeof(handle->function), "%s",
		 bpf_program__name(prog));
	err = object_info(rq, handle->fd, &info, sizeof(info));
	if (err) {
		close(handle->fd);
		return err;
	}
	handle->id = info.id;
	handle->type = info.type;
	err = handle_add(rq, handle);
	if (!err)
		rq->answer = json_pack("{s:I,s:o}", "id",
				       (json_int_t)info.id, "tag",
				       json_hex(info.tag, sizeof(info.tag)));
	return err;
}

int op_load(struct request *rq)
{
	/* The name only serves to name the maps of global variables. */
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "bpfrig");
	struct bpf_program *prog;
	struct bpf_object *obj;
	struct handle handle;
	const char *name;
	void *bytes = NULL;
	size_t size;
	int err;

	if (arg_str(rq, "program", &name))
		return -EINVAL;
	err = handle_new(rq, HANDLE_PROG, &handle);
	if (!err)
		err = object_bytes(rq, &bytes, &size);
	if (err)
		return err;
	libbpf_log_start();
	obj = bpf_object__open_mem(bytes, size, &opts);
	if (!obj) {
		err = fault_request(rq, "object: libbpf cannot open it: %s",
				    strerror(errno));
		rq->fault.log = libbpf_log_take();
		free(bytes);
		return err;
	}
	err = choose_program(rq, obj, name, &prog);
	if (!err)
		err = load_config(rq, obj);
	if (!err)
		err = choose_maps(rq, obj);
	if (!err)
		err = load_object(rq, obj, prog);
	if (!err)
		err = keep_program(rq, &handle, prog);
	bpf_object__close(obj);
	free(bytes);
	return err;
}
