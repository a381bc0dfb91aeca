// SPDX-License-Identifier: GPL-2.0
/* BPF_MAP_CREATE with any attributes. */
#include <ctype.h>
#include <errno.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "bpf_util.h"
#include "handles.h"
#include "ops.h"

/* BTF of two byte arrays, as the kernel holds a type's size to the map's. */
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

/* The optional arguments of map_create, into opts; a BTF fd must be closed. */
static int create_opts(struct request *rq, __u32 key_size, __u32 value_size,
		       struct bpf_map_create_opts *opts)
{
	long long flags = 0, numa_node = 0;
	struct handle inner;
	bool btf = false;

	if (arg_opt_int(rq, "flags", 0, UINT32_MAX, &flags) ||
	    arg_opt_int(rq, "numa_node", 0, UINT32_MAX, &numa_node) ||
	    arg_opt_bool(rq, "btf", &btf))
		return -EINVAL;
	opts->map_flags = flags;
	opts->numa_node = numa_node;
	if (arg_given(rq, "inner")) {
		if (handle_arg(rq, "inner", HANDLE_MAP, &inner))
			return -EINVAL;
		opts->inner_map_fd = inner.fd;
	}
	return btf ? load_btf(rq, key_size, value_size, opts) : 0;
}

/* A map's name may hold less than a handle's. */
static void kernel_name(const char *name, char out[BPF_OBJ_NAME_LEN])
{
	size_t i;

	for (i = 0; i < BPF_OBJ_NAME_LEN - 1 && name[i]; i++)
		out[i] = isalnum((unsigned char)name[i]) || name[i] == '.' ?
				 name[i] : '_';
	out[i] = 0;
}

int op_map_create(struct request *rq)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	long long type, key_size, value_size, max_entries;
	char name[BPF_OBJ_NAME_LEN];
	struct bpf_map_info info;
	struct handle handle;
	int err;

	err = handle_new(rq, HANDLE_MAP, &handle);
	if (err)
		return err;
	if (arg_enum(rq, "type",
		     (const char *(*)(unsigned int))libbpf_bpf_map_type_str,
		     &type) ||
	    arg_int(rq, "key_size", 0, UINT32_MAX, &key_size) ||
	    arg_int(rq, "value_size", 0, UINT32_MAX, &value_size) ||
	    arg_int(rq, "max_entries", 0, UINT32_MAX, &max_entries))
		return -EINVAL;
	err = create_opts(rq, key_size, value_size, &opts);
	if (err)
		return err;
	kernel_name(handle.name, name);
	handle.fd = bpf_map_create(type, name, key_size, value_size,
				   max_entries, &opts);
	if (opts.btf_fd)
		close(opts.btf_fd);
	if (handle.fd < 0)
		return fault_kernel(rq, handle.fd, "bpf(BPF_MAP_CREATE)",
				    "creating map '%s' of type %lld: key_size %lld, value_size %lld, max_entries %lld",
				    handle.name, type, key_size, value_size,
				    max_entries);
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
