// SPDX-License-Identifier: GPL-2.0
/* What the kernel says of maps and programs, and the end of a handle. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "bpf_util.h"
#include "handles.h"
#include "ops.h"

int op_map_info(struct request *rq)
{
	struct bpf_map_info info;
	struct handle map;
	int err;

	err = handle_arg(rq, "map", HANDLE_MAP, &map);
	if (!err)
		err = object_info(rq, map.fd, &info, sizeof(info));
	if (err)
		return err;
	rq->answer = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:o}",
			       "id", (json_int_t)info.id,
			       "type", (json_int_t)info.type,
			       "key_size", (json_int_t)info.key_size,
			       "value_size", (json_int_t)info.value_size,
			       "max_entries", (json_int_t)info.max_entries,
			       "flags", (json_int_t)info.map_flags,
			       "name", info.name,
			       "fdinfo", json_fdinfo(map.fd));
	return 0;
}

int op_prog_info(struct request *rq)
{
	struct bpf_prog_info info;
	struct handle prog;
	int err;

	err = handle_arg(rq, "program", HANDLE_PROG, &prog);
	if (!err)
		err = object_info(rq, prog.fd, &info, sizeof(info));
	if (err)
		return err;
	rq->answer = json_pack("{s:I,s:I,s:I,s:I,s:s,s:o}",
			       "id", (json_int_t)info.id,
			       "type", (json_int_t)info.type,
			       "run_cnt", (json_int_t)info.run_cnt,
			       "run_time_ns", (json_int_t)info.run_time_ns,
			       "name", info.name,
			       "fdinfo", json_fdinfo(prog.fd));
	return 0;
}

int op_id_exists(struct request *rq)
{
	const char *kind;
	long long id;
	bool map;
	int fd;

	if (arg_str(rq, "kind", &kind) ||
	    arg_int(rq, "object", 0, UINT32_MAX, &id))
		return -EINVAL;
	map = !strcmp(kind, "map");
	if (!map && strcmp(kind, "prog"))
		return fault_request(rq, "kind: 'map' or 'prog' is wanted");
	fd = map ? bpf_map_get_fd_by_id(id) : bpf_prog_get_fd_by_id(id);
	if (fd < 0 && fd != -ENOENT)
		return fault_kernel(rq, fd, map ? "bpf(BPF_MAP_GET_FD_BY_ID)" :
						  "bpf(BPF_PROG_GET_FD_BY_ID)",
				    "looking for %s %lld", kind, id);
	if (fd >= 0)
		close(fd);
	rq->answer = json_pack("{s:b}", "exists", fd >= 0);
	return 0;
}

int op_close(struct request *rq)
{
	const char *name;
	bool map = arg_given(rq, "map");

	if (map == arg_given(rq, "program"))
		return fault_request(rq, "map or program: one of them is wanted");
	if (arg_str(rq, map ? "map" : "program", &name))
		return -EINVAL;
	return handle_close(rq, name, map ? HANDLE_MAP : HANDLE_PROG);
}
