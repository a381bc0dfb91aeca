// SPDX-License-Identifier: GPL-2.0
/* cpumap_update: an entry as people say it, with a program by its handle. */
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include "handles.h"
#include "ops.h"

int op_cpumap_update(struct request *rq)
{
	long long key, qsize, flags = 0, prog_fd = 0;
	struct bpf_cpumap_val val = {};
	struct handle map, prog;
	uint8_t *value;
	__u32 index;
	int err;

	err = handle_arg(rq, "map", HANDLE_MAP, &map);
	if (!err)
		err = arg_int(rq, "key", 0, UINT32_MAX, &key);
	if (!err)
		err = arg_int(rq, "qsize", 0, UINT32_MAX, &qsize);
	if (!err)
		err = arg_opt_int(rq, "flags", 0, INT64_MAX, &flags);
	if (!err)
		err = arg_opt_int(rq, "prog_fd", INT32_MIN, INT32_MAX,
				  &prog_fd);
	if (err)
		return err;
	if (map.key_size != sizeof(index))
		return fault_request(rq, "map: '%s' has keys of %u bytes",
				     map.name, map.key_size);
	if (arg_given(rq, "program")) {
		if (arg_given(rq, "prog_fd"))
			return fault_request(rq, "program and prog_fd: only one of them");
		err = handle_arg(rq, "program", HANDLE_PROG, &prog);
		if (err)
			return err;
		prog_fd = prog.fd;
	}
	if (prog_fd && map.value_size < sizeof(val))
		return fault_request(rq, "program: the values of map '%s' have no room for one",
				     map.name);
	/* As long as the map's value, which need not be either known size. */
	value = calloc(1, map.value_size + sizeof(val));
	if (!value)
		return fault_agent(rq, "calloc", "out of memory");
	index = key;
	val.qsize = qsize;
	val.bpf_prog.fd = prog_fd;
	memcpy(value, &val, sizeof(val));
	err = bpf_map_update_elem(map.fd, &index, value, flags);
	if (err)
		fault_kernel(rq, err, "bpf(BPF_MAP_UPDATE_ELEM)",
			     "setting entry %lld of cpumap '%s': qsize %lld, program fd %lld",
			     key, map.name, qsize, prog_fd);
	free(value);
	return err;
}
