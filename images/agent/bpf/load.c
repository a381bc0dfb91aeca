// SPDX-License-Identifier: GPL-2.0
/* load: one program out of an object file, and only the maps that it needs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "bpf/config.h"
#include "bpf/enum_name.h"
#include "bpf/handles.h"
#include "bpf/libbpf_log.h"
#include "bpf/load_failure.h"
#include "bpf/load_maps.h"
#include "bpf/object.h"
#include "core/file.h"
#include "core/json.h"
#include "core/op.h"
#include "net/device.h"

/*
 * The most that any kernel accepts; a log that did not fit would be -ENOSPC.
 * libbpf uses it only after a failure, so it costs no memory before.
 */
#define LOG_SIZE	((16 << 20) - 1)

/* BPF_F_XDP_DEV_BOUND_ONLY, which is newer than the headers. */
#define XDP_DEV_BOUND_ONLY	(1U << 6)

struct load {
	const char *object;		/* a path in the guest, or */
	const char *object_data;	/* the file in base64 */
	const char *program;
	const char *name;
	json_t *config;
	json_t *maps;
	json_t *create;
	long long type;			/* -1: the section's */
	long long expected_attach;	/* -1: the section's */
	bool frags;
	struct device dev_bound;
};

static const struct load defaults = { .type = -1, .expected_attach = -1 };

static const struct arg load_args[] = {
	ARG_STR(struct load, object),
	ARG_STR(struct load, object_data),
	ARG_STR(struct load, program, REQUIRED),
	ARG_NEW_NAME(struct load, name, REQUIRED),
	ARG_OBJECT(struct load, config),
	ARG_OBJECT(struct load, maps),
	ARG_STRINGS(struct load, create),
	ARG_PROG_TYPE(struct load, type),
	ARG_ATTACH_TYPE(struct load, expected_attach),
	ARG_BOOL(struct load, frags),
	ARG_DEVICE(struct load, dev_bound),
};

/* The ELF file; the caller frees it. */
static int object_bytes(struct request *rq, const struct load *args,
			void **bytes, size_t *size)
{
	if (!args->object == !args->object_data)
		return fault_request(rq, "one of object and object_data must be given");
	if (args->object)
		return file_read(rq, args->object, (char **)bytes, size);
	*bytes = base64_decode(args->object_data, size);
	if (!*bytes)
		return fault_request(rq, "object_data: must be base64");
	return 0;
}

static void set_options(const struct load *args, struct bpf_program *prog)
{
	__u32 flags = bpf_program__flags(prog);

	if (args->type >= 0)
		bpf_program__set_type(prog, args->type);
	if (args->expected_attach >= 0)
		bpf_program__set_expected_attach_type(prog,
						      args->expected_attach);
	if (args->dev_bound.name) {
		bpf_program__set_ifindex(prog, args->dev_bound.ifindex);
		flags |= XDP_DEV_BOUND_ONLY;
	}
	if (args->frags)
		flags |= BPF_F_XDP_HAS_FRAGS;
	bpf_program__set_flags(prog, flags);
}

/* Only the requested program is loaded. */
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
		return fault_request(rq, "program: the object has no '%s'; it has:%s",
				     name, known);
	return 0;
}

static int load_object(struct request *rq, struct bpf_object *obj,
		       struct bpf_program *prog)
{
	char *log = malloc(LOG_SIZE), *printed;
	char what[160];
	int err;

	if (!log)
		return fault_agent(rq, "malloc", "no memory for a log");
	*log = 0;
	bpf_program__set_log_buf(prog, log, LOG_SIZE);
	libbpf_log_start();
	err = bpf_object__load(obj);
	printed = libbpf_log_take();
	if (err) {
		snprintf(what, sizeof(what), "program '%s'",
			 bpf_program__name(prog));
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

static int keep_program(struct request *rq, struct handle *handle,
			const struct bpf_object *obj,
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
	handle->function_id = function_id(bpf_object__btf(obj),
					  handle->function);
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

static int load_opened(struct request *rq, const struct load *args,
		       struct bpf_object *obj, struct handle *handle)
{
	struct bpf_program *prog;
	int err;

	err = choose_program(rq, obj, args->program, &prog);
	if (err)
		return err;
	set_options(args, prog);
	err = load_config(rq, obj, args->config);
	if (!err)
		err = choose_maps(rq, obj, args->create, args->maps);
	if (!err)
		err = load_object(rq, obj, prog);
	if (!err)
		err = keep_program(rq, handle, obj, prog);
	return err;
}

static int op_load(struct request *rq, const void *data)
{
	/* The name only serves to name the maps of global variables. */
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "bpfrig");
	const struct load *args = data;
	struct bpf_object *obj;
	struct handle handle;
	void *bytes = NULL;
	size_t size;
	int err;

	err = handle_new(rq, HANDLE_PROG, args->name, &handle);
	if (!err)
		err = object_bytes(rq, args, &bytes, &size);
	if (err)
		return err;
	libbpf_log_start();
	obj = bpf_object__open_mem(bytes, size, &opts);
	if (obj) {
		err = load_opened(rq, args, obj, &handle);
		bpf_object__close(obj);
	} else {
		err = fault_request(rq, "object: libbpf cannot open it: %s",
				    strerror(errno));
		rq->fault.log = libbpf_log_take();
	}
	free(bytes);
	return err;
}

static const struct op ops[] = {
	{ .name = "load", .run = op_load, .defaults = &defaults,
	  OP_ARGS(load_args, struct load) },
};

const struct module load_module = { .name = "load", MODULE_OPS(ops) };
