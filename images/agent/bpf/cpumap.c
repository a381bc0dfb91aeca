// SPDX-License-Identifier: GPL-2.0
/* cpumap_update: an entry's fields, with a program by its handle. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "bpf/handles.h"
#include "core/client.h"
#include "core/op.h"

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

struct update {
	struct handle map;
	long long key;
	long long qsize;
	struct handle program;	/* at most one of these three */
	struct handle prog_map;	/* a map's descriptor by mistake */
	long long prog_fd;	/* any number */
	bool at_fd_0;
	long long flags;
	long long times;
	long long other_qsize;	/* of every second time; -1: the same */
};

static const struct update defaults = { .times = 1, .other_qsize = -1 };

static const struct arg update_args[] = {
	ARG_MAP(struct update, map, REQUIRED),
	ARG_INT(struct update, key, 0, UINT32_MAX, REQUIRED),
	ARG_INT(struct update, qsize, 0, UINT32_MAX, REQUIRED),
	ARG_PROGRAM(struct update, program),
	ARG_INT(struct update, prog_fd, INT32_MIN, INT32_MAX),
	ARG_MAP(struct update, prog_map),
	ARG_BOOL(struct update, at_fd_0),
	ARG_INT(struct update, flags, 0, INT64_MAX),
	ARG_INT(struct update, times, 1, 1000000),
	ARG_INT(struct update, other_qsize, 0, UINT32_MAX),
};

static int check(struct request *rq, const struct update *args, int prog_fd)
{
	const struct handle *map = &args->map;

	if (!!args->program.kind + !!args->prog_map.kind + !!args->prog_fd > 1)
		return fault_request(rq, "only one of program, prog_map and prog_fd may be given");
	if (map->key_size != sizeof(__u32))
		return fault_request(rq, "map: '%s' has keys of %u bytes",
				     map->name, map->key_size);
	if (prog_fd && map->value_size < sizeof(struct bpf_cpumap_val))
		return fault_request(rq, "program: a value of map '%s' has no room for a program",
				     map->name);
	return 0;
}

/* All updates; value has the size of the map's values, whatever that is. */
static int update(const struct update *args, int prog_fd, void *value)
{
	struct bpf_cpumap_val val = { .bpf_prog.fd = prog_fd };
	__u32 index = args->key;
	int fd = args->map.fd, err = 0;
	long long i;

	for (i = 0; !err && i < args->times && !client_gone(); i++) {
		val.qsize = i % 2 && args->other_qsize >= 0 ?
				    args->other_qsize : args->qsize;
		memcpy(value, &val, sizeof(val));
		err = args->at_fd_0 ?
			      update_at_fd_0(fd, &index, value, args->flags,
					     prog_fd) :
			      bpf_map_update_elem(fd, &index, value,
						  args->flags);
	}
	return err;
}

static int op_cpumap_update(struct request *rq, const void *data)
{
	const struct update *args = data;
	int prog_fd, err;
	void *value;

	prog_fd = args->program.kind  ? args->program.fd :
		  args->prog_map.kind ? args->prog_map.fd :
					(int)args->prog_fd;
	err = check(rq, args, prog_fd);
	if (err)
		return err;
	value = calloc(1, args->map.value_size +
				  sizeof(struct bpf_cpumap_val));
	if (!value)
		return fault_agent(rq, "calloc", "out of memory");
	err = update(args, prog_fd, value);
	if (err)
		fault_kernel(rq, err, "bpf(BPF_MAP_UPDATE_ELEM)",
			     "setting entry %lld of cpumap '%s': qsize %lld, program fd %d",
			     args->key, args->map.name, args->qsize, prog_fd);
	free(value);
	return err;
}

static const struct op ops[] = {
	{ .name = "cpumap_update", .run = op_cpumap_update,
	  .takes_caps = true, .defaults = &defaults,
	  OP_ARGS(update_args, struct update) },
};

const struct module cpumap_module = { .name = "cpumap", MODULE_OPS(ops) };
