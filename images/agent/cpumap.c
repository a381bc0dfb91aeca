// SPDX-License-Identifier: GPL-2.0
/* cpumap_update: an entry as people say it, with a program by its handle. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "handles.h"
#include "ops.h"
#include "session.h"

/* Updates while the program's descriptor is 0, as after a closed stdin. */
static int update_at_fd_0(int map_fd, const void *key, void *value,
			  __u64 flags, int prog_fd)
{
	struct bpf_cpumap_val val;
	int err, saved;

	saved = fcntl(0, F_DUPFD_CLOEXEC, 3);
	dup2(prog_fd, 0);
	memcpy(&val, value, sizeof(val));
	val.bpf_prog.fd = 0;
	memcpy(value, &val, sizeof(val));
	err = bpf_map_update_elem(map_fd, key, value, flags);
	if (saved >= 0) {
		dup2(saved, 0);
		close(saved);
	} else {
		close(0);
	}
	return err;
}

/* The descriptor to pass: a program's, a map's by mistake, or any number. */
static int arg_program(struct request *rq, long long *fd)
{
	struct handle handle;

	*fd = 0;
	if (arg_given(rq, "program") + arg_given(rq, "prog_map") +
		    arg_given(rq, "prog_fd") > 1)
		return fault_request(rq, "program, prog_map and prog_fd: only one of them");
	if (arg_given(rq, "program")) {
		if (handle_arg(rq, "program", HANDLE_PROG, &handle))
			return -1;
		*fd = handle.fd;
	} else if (arg_given(rq, "prog_map")) {
		if (handle_arg(rq, "prog_map", HANDLE_MAP, &handle))
			return -1;
		*fd = handle.fd;
	}
	return arg_opt_int(rq, "prog_fd", INT32_MIN, INT32_MAX, fd);
}

int op_cpumap_update(struct request *rq)
{
	long long key, qsize, flags = 0, prog_fd, times = 1, other_qsize, i;
	struct bpf_cpumap_val val = {};
	bool at_fd_0 = false;
	struct handle map;
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
		err = arg_opt_bool(rq, "at_fd_0", &at_fd_0);
	if (!err)
		err = arg_opt_int(rq, "times", 1, 1000000, &times);
	other_qsize = qsize;
	if (!err)
		err = arg_opt_int(rq, "other_qsize", 0, UINT32_MAX,
				  &other_qsize);
	if (!err)
		err = arg_program(rq, &prog_fd);
	if (err)
		return err;
	if (map.key_size != sizeof(index))
		return fault_request(rq, "map: '%s' has keys of %u bytes",
				     map.name, map.key_size);
	if (prog_fd && map.value_size < sizeof(val))
		return fault_request(rq, "program: the values of map '%s' have no room for one",
				     map.name);
	/* As long as the map's value, which need not be either known size. */
	value = calloc(1, map.value_size + sizeof(val));
	if (!value)
		return fault_agent(rq, "calloc", "out of memory");
	index = key;
	val.bpf_prog.fd = prog_fd;
	for (i = 0; !err && i < times && !session_gone(); i++) {
		val.qsize = i % 2 ? other_qsize : qsize;
		memcpy(value, &val, sizeof(val));
		err = at_fd_0 ? update_at_fd_0(map.fd, &index, value, flags,
					       prog_fd) :
				bpf_map_update_elem(map.fd, &index, value,
						    flags);
	}
	if (err)
		fault_kernel(rq, err, "bpf(BPF_MAP_UPDATE_ELEM)",
			     "setting entry %lld of cpumap '%s': qsize %lld, program fd %lld",
			     key, map.name, qsize, prog_fd);
	free(value);
	return err;
}
