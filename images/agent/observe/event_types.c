// SPDX-License-Identifier: GPL-2.0
/*
 * Types of the records of tracepoints, for programs that read them on a kernel
 * without BTF. Their fields are not the same on all kernels, and with some
 * configurations all of them begin later. tracefs says where they are; as BTF,
 * it is what libbpf adjusts offsets by.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include "core/file.h"
#include "observe/event_types.h"
#include "observe/tracefs.h"

#define SECTION		"tp/"
#define LINE		"\tfield:"

struct field {
	char name[64];
	unsigned int offset;
	unsigned int size;
	int is_signed;
};

/* "\tfield:unsigned int drops;\toffset:12;\tsize:4;\tsigned:0;" */
static bool field_of(const char *line, struct field *field)
{
	const char *end = strchr(line, ';'), *name = end;

	if (!end || sscanf(end, ";\toffset:%u;\tsize:%u;\tsigned:%d;",
			   &field->offset, &field->size,
			   &field->is_signed) != 3)
		return false;
	while (name > line && name[-1] != ' ')
		name--;
	/* An array, or a place where one is. */
	if (memchr(line, '[', end - line) || strstr(line, "__data_loc") == line)
		return false;
	if (field->size != 1 && field->size != 2 && field->size != 4 &&
	    field->size != 8)
		return false;
	return snprintf(field->name, sizeof(field->name), "%.*s",
			(int)(end - name), name) < (int)sizeof(field->name);
}

/* The number type of a field: they are added first, and found again. */
static int number_type(struct btf *btf, const struct field *field)
{
	char name[8];

	snprintf(name, sizeof(name), "%c%u", field->is_signed ? 's' : 'u',
		 8 * field->size);
	return btf__find_by_name_kind(btf, name, BTF_KIND_INT);
}

static int add_numbers(struct btf *btf)
{
	static const char *const names[] = {
		"u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64",
	};
	int i, id = 0;

	if (btf__find_by_name_kind(btf, names[0], BTF_KIND_INT) > 0)
		return 0;
	for (i = 0; i < 8 && id >= 0; i++)
		id = btf__add_int(btf, names[i], 1 << i % 4,
				  i < 4 ? 0 : BTF_INT_SIGNED);
	return id < 0 ? id : 0;
}

/* How long a record is, as far as its fields are numbers; 0: none is. */
static unsigned int record_size(const char *format)
{
	const char *at = format;
	unsigned int size = 0;
	struct field field;

	while ((at = strstr(at, LINE))) {
		at += strlen(LINE);
		if (field_of(at, &field) && size < field.offset + field.size)
			size = field.offset + field.size;
	}
	return size;
}

int event_type_add(struct btf *btf, const char *event, const char *format)
{
	unsigned int size = record_size(format);
	const char *at = format;
	struct field field;
	char name[128];
	int err;

	if (!size)
		return -EINVAL;
	snprintf(name, sizeof(name), "trace_event_raw_%s", event);
	err = add_numbers(btf);
	if (!err)
		err = btf__add_struct(btf, name, size);
	while (err >= 0 && (at = strstr(at, LINE))) {
		at += strlen(LINE);
		if (field_of(at, &field))
			err = btf__add_field(btf, field.name,
					     number_type(btf, &field),
					     8 * field.offset, 0);
	}
	return err < 0 ? err : 0;
}

/* "tp/xdp/xdp_redirect": the types of xdp/xdp_redirect. */
static int add_event(struct request *rq, struct btf *btf, const char *section)
{
	const char *event = section + strlen(SECTION);
	char file[128], path[128], *format;
	size_t len;
	int err;

	snprintf(file, sizeof(file), "events/%s/format", event);
	tracefs_path(file, path);
	err = file_read(rq, path, &format, &len);
	if (err)
		return err;
	err = event_type_add(btf, strrchr(event, '/') + 1, format);
	free(format);
	if (err)
		return fault_agent(rq, "event_types_write",
				   "making a type of %s: %s", path,
				   strerror(-err));
	return 0;
}

static int add_events(struct request *rq, struct btf *btf,
		      const struct bpf_object *obj)
{
	const char *section;
	struct bpf_program *prog;
	int err;

	bpf_object__for_each_program(prog, obj) {
		section = bpf_program__section_name(prog);
		if (strncmp(section, SECTION, strlen(SECTION)) ||
		    !strchr(section + strlen(SECTION), '/'))
			continue;
		err = add_event(rq, btf, section);
		if (err)
			return err;
	}
	return 0;
}

static int write_types(struct request *rq, const struct btf *btf,
		       const char *path)
{
	const void *bytes;
	__u32 size = 0;
	ssize_t n;
	int fd;

	bytes = btf__raw_data(btf, &size);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	n = fd < 0 || !bytes ? -1 : write(fd, bytes, size);
	if (fd >= 0)
		close(fd);
	if (n != (ssize_t)size)
		return fault_agent(rq, "event_types_write", "writing %s: %s",
				   path, strerror(errno));
	return 0;
}

int event_types_write(struct request *rq, const char *object,
		      const char *path)
{
	struct bpf_object *obj = bpf_object__open_file(object, NULL);
	struct btf *btf = btf__new_empty();
	int err;

	if (!obj || !btf)
		err = fault_agent(rq, "event_types_write", "opening %s: %s",
				  object, strerror(errno));
	else
		err = add_events(rq, btf, obj);
	if (!err)
		err = write_types(rq, btf, path);
	bpf_object__close(obj);
	btf__free(btf);
	return err;
}
