// SPDX-License-Identifier: GPL-2.0
/* BPF_MAP_CREATE with any attributes. */
#include <ctype.h>
#include <errno.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "bpf/enum_name.h"
#include "bpf/handles.h"
#include "bpf/object.h"
#include "core/op.h"

/* BTF of two byte arrays: the kernel compares a type's size with the map's. */
static int load_btf(struct request *rq, __u32 key_size, __u32 value_size,
		    struct bpf_map_create_opts *opts)
{
	struct btf *btf = btf__new_empty();
	const void *data = NULL;
	int index, byte, fd;
	__u32 size;

	if (btf) {
		index = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
		byte = btf__add_int(btf, "char", 1, BTF_INT_CHAR);
		opts->btf_key_type_id = btf__add_array(btf, index, byte,
						       key_size);
		opts->btf_value_type_id = btf__add_array(btf, index, byte,
							 value_size);
		data = btf__raw_data(btf, &size);
	}
	fd = data ? bpf_btf_load(data, size, NULL) : -ENOMEM;
	btf__free(btf);
	if (fd < 0)
		return fault_kernel(rq, fd, "bpf(BPF_BTF_LOAD)",
				    "loading the BTF of a key and a value");
	opts->btf_fd = fd;
	return 0;
}

struct create {
	const char *name;
	long long type;
	long long key_size;
	long long value_size;
	long long max_entries;
	long long flags;
	long long numa_node;
	bool btf;
	struct handle inner;
};

static const struct arg create_args[] = {
	ARG_NEW_NAME(struct create, name, REQUIRED),
	ARG_MAP_TYPE(struct create, type, REQUIRED),
	ARG_INT(struct create, key_size, 0, UINT32_MAX, REQUIRED),
	ARG_INT(struct create, value_size, 0, UINT32_MAX, REQUIRED),
	ARG_INT(struct create, max_entries, 0, UINT32_MAX, REQUIRED),
	ARG_INT(struct create, flags, 0, UINT32_MAX),
	ARG_INT(struct create, numa_node, 0, UINT32_MAX),
	ARG_BOOL(struct create, btf),
	ARG_MAP(struct create, inner),
};

/* The kernel's name of a map is shorter than a handle's. */
static void kernel_name(const char *name, char out[BPF_OBJ_NAME_LEN])
{
	size_t i;

	for (i = 0; i < BPF_OBJ_NAME_LEN - 1 && name[i]; i++)
		out[i] = isalnum((unsigned char)name[i]) || name[i] == '.' ?
				 name[i] : '_';
	out[i] = 0;
}

static int create(struct request *rq, const struct create *args)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = args->flags,
		    .numa_node = args->numa_node);
	char name[BPF_OBJ_NAME_LEN];
	int fd, err;

	if (args->inner.kind)
		opts.inner_map_fd = args->inner.fd;
	if (args->btf) {
		err = load_btf(rq, args->key_size, args->value_size, &opts);
		if (err)
			return err;
	}
	kernel_name(args->name, name);
	fd = bpf_map_create(args->type, name, args->key_size,
			    args->value_size, args->max_entries, &opts);
	if (opts.btf_fd)
		close(opts.btf_fd);
	if (fd < 0)
		fault_kernel(rq, fd, "bpf(BPF_MAP_CREATE)",
			     "creating map '%s' of type %lld: key_size %lld, value_size %lld, max_entries %lld",
			     args->name, args->type, args->key_size,
			     args->value_size, args->max_entries);
	return fd;
}

static int op_map_create(struct request *rq, const void *data)
{
	const struct create *args = data;
	struct bpf_map_info info;
	struct handle handle;
	int err;

	err = handle_new(rq, HANDLE_MAP, args->name, &handle);
	if (err)
		return err;
	handle.fd = create(rq, args);
	if (handle.fd < 0)
		return handle.fd;
	err = object_info(rq, handle.fd, &info, sizeof(info));
	if (err) {
		close(handle.fd);
		return err;
	}
	handle.id = info.id;
	handle.type = info.type;
	handle.key_size = info.key_size;
	handle.value_size = map_value_room(&info);
	err = handle_add(rq, &handle);
	if (!err)
		rq->answer = json_pack("{s:I}", "id", (json_int_t)info.id);
	return err;
}

static const struct op ops[] = {
	{ .name = "map_create", .run = op_map_create, .takes_caps = true,
	  OP_ARGS(create_args, struct create) },
};

const struct module map_create_module = {
	.name = "map_create", MODULE_OPS(ops),
};
