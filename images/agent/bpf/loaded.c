// SPDX-License-Identifier: GPL-2.0
/* Loading an object that is open, and handles of what it holds then. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/btf.h>
#include "bpf/action_exits.h"
#include "bpf/kernel_btf.h"
#include "bpf/libbpf_log.h"
#include "bpf/load_failure.h"
#include "bpf/loaded.h"
#include "bpf/object.h"

/*
 * The most that any kernel accepts; a log that did not fit would be -ENOSPC.
 * libbpf uses it only after a failure, so it costs no memory before.
 */
#define LOG_SIZE	((16 << 20) - 1)

int load_opened(struct request *rq, struct bpf_object *obj, const char *what)
{
	char *log = malloc(LOG_SIZE), *printed;
	struct action_exits exits;
	struct bpf_program *prog;
	int err;

	if (!log)
		return fault_agent(rq, "malloc", "no memory for a log");
	*log = 0;
	err = count_at_exits(rq, obj, &exits);
	if (err) {
		action_exits_close(&exits);
		free(log);
		return err;
	}
	/*
	 * One after the other is loaded, until the first that fails. After
	 * that libbpf does not use the log any more.
	 */
	bpf_object__for_each_program(prog, obj)
		bpf_program__set_log_buf(prog, log, LOG_SIZE);
	libbpf_log_start();
	err = bpf_object__load(obj);
	printed = libbpf_log_take();
	action_exits_close(&exits);
	if (err) {
		load_failure(rq, err, what, printed, log);
		/* Not copied: a log of 16 MiB is a lot for a small guest. */
		rq->fault.log = *log ? log : printed;
	}
	if (rq->fault.log != printed)
		free(printed);
	if (rq->fault.log != log)
		free(log);
	return err;
}

/* libbpf keeps the ids of an object's BTF when it loads it into the kernel. */
static __u32 function_id(const struct btf *btf, const char *name)
{
	__s32 id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) : 0;

	return id > 0 ? id : 0;
}

/* A descriptor that lives as long as the handle, and its info. */
static int own_descriptor(struct request *rq, struct handle *handle, int fd,
			  void *info, __u32 size)
{
	int err;

	handle->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (handle->fd < 0)
		return fault_agent(rq, "fcntl(F_DUPFD_CLOEXEC)", "%s",
				   strerror(errno));
	err = object_info(rq, handle->fd, info, size);
	if (err)
		close(handle->fd);
	return err;
}

int add_program(struct request *rq, struct bpf_object *obj,
		struct bpf_program *prog, const char *name, bool keep,
		struct bpf_prog_info *info)
{
	struct handle handle;
	int err;

	err = handle_new(rq, HANDLE_PROG, name, &handle);
	if (!err)
		err = own_descriptor(rq, &handle, bpf_program__fd(prog), info,
				     sizeof(*info));
	if (err)
		return err;
	snprintf(handle.function, sizeof(handle.function), "%s",
		 bpf_program__name(prog));
	handle.function_id = function_id(bpf_object__btf(obj),
					 handle.function);
	handle.plain = is_xdp_prototype(bpf_object__btf(obj),
					handle.function_id);
	handle.id = info->id;
	handle.type = info->type;
	if (keep) {
		handle.object = obj;
		handle.prog = prog;
	}
	return handle_add(rq, &handle);
}

int add_map(struct request *rq, struct bpf_object *obj, struct bpf_map *map,
	    const char *name, bool keep, struct bpf_map_info *info)
{
	struct handle handle;
	int err;

	err = handle_new(rq, HANDLE_MAP, name, &handle);
	if (!err)
		err = own_descriptor(rq, &handle, bpf_map__fd(map), info,
				     sizeof(*info));
	if (err)
		return err;
	handle.id = info->id;
	handle.type = info->type;
	handle.key_size = info->key_size;
	handle.value_size = map_value_room(info);
	if (keep) {
		handle.object = obj;
		handle.map = map;
	}
	return handle_add(rq, &handle);
}
