// SPDX-License-Identifier: GPL-2.0
/* What the kernel reports about maps and programs, by handle and by id. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "bpf/handles.h"
#include "bpf/object.h"
#include "core/file.h"
#include "core/json.h"
#include "core/op.h"

struct map_info {
	struct handle map;
};

static const struct arg map_info_args[] = {
	ARG_MAP(struct map_info, map, REQUIRED),
};

struct prog_info {
	struct handle program;
};

static const struct arg prog_info_args[] = {
	ARG_PROGRAM(struct prog_info, program, REQUIRED),
};

/* The text of /proc/self/fdinfo; empty when it cannot be read. */
static json_t *fdinfo(int fd)
{
	char path[64], *text;
	json_t *json;
	size_t len;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (file_slurp(path, &text, &len))
		return json_string("");
	json = json_text(text, len);
	free(text);
	return json;
}

static int op_map_info(struct request *rq, const void *data)
{
	const struct map_info *args = data;
	struct bpf_map_info info;
	int err;

	err = object_info(rq, args->map.fd, &info, sizeof(info));
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
			       "fdinfo", fdinfo(args->map.fd));
	return 0;
}

static int op_prog_info(struct request *rq, const void *data)
{
	const struct prog_info *args = data;
	struct bpf_prog_info info;
	int err;

	err = object_info(rq, args->program.fd, &info, sizeof(info));
	if (err)
		return err;
	rq->answer = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:o}",
			       "id", (json_int_t)info.id,
			       "type", (json_int_t)info.type,
			       "jited_len", (json_int_t)info.jited_prog_len,
			       /* 0 before 5.16 */
			       "verified_insns",
			       (json_int_t)info.verified_insns,
			       "run_cnt", (json_int_t)info.run_cnt,
			       "run_time_ns", (json_int_t)info.run_time_ns,
			       "name", info.name,
			       "fdinfo", fdinfo(args->program.fd));
	return 0;
}

enum kind { MAP, PROG };

static const char *const kind_words[] = { "map", "prog", NULL };

struct id_exists {
	int kind;
	long long object;	/* its id */
};

static const struct arg id_exists_args[] = {
	ARG_WORD(struct id_exists, kind, kind_words, REQUIRED),
	ARG_INT(struct id_exists, object, 0, UINT32_MAX, REQUIRED),
};

static int op_id_exists(struct request *rq, const void *data)
{
	const struct id_exists *args = data;
	bool map = args->kind == MAP;
	int fd;

	fd = map ? bpf_map_get_fd_by_id(args->object) :
		   bpf_prog_get_fd_by_id(args->object);
	if (fd < 0 && fd != -ENOENT)
		return fault_kernel(rq, fd, map ? "bpf(BPF_MAP_GET_FD_BY_ID)" :
						  "bpf(BPF_PROG_GET_FD_BY_ID)",
				    "looking for %s %lld",
				    kind_words[args->kind], args->object);
	if (fd >= 0)
		close(fd);
	rq->answer = json_pack("{s:b}", "exists", fd >= 0);
	return 0;
}

static const struct op ops[] = {
	{ .name = "map_info", .run = op_map_info,
	  OP_ARGS(map_info_args, struct map_info) },
	{ .name = "prog_info", .run = op_prog_info,
	  OP_ARGS(prog_info_args, struct prog_info) },
	{ .name = "id_exists", .run = op_id_exists,
	  OP_ARGS(id_exists_args, struct id_exists) },
};

const struct module info_module = { .name = "info", MODULE_OPS(ops) };
