// SPDX-License-Identifier: GPL-2.0
/* link_attach, link_update, link_detach: programs anywhere, by name. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "bpf/enum_name.h"
#include "bpf/libbpf_log.h"
#include "bpf/link_kinds.h"
#include "core/op.h"

#define MAX_ATTACHED	512

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct attachment attached[MAX_ATTACHED];
static size_t n_attached;

static const struct place defaults = {
	.attach_type = -1, .family = 2, .frequency = 99, .priority = 10,
};

static const struct arg attach_args[] = {
	ARG_NEW_NAME(struct place, name, REQUIRED),
	ARG_WORD(struct place, kind, link_kind_words, REQUIRED),
	ARG_PROGRAM(struct place, program),
	ARG_ATTACH_TYPE(struct place, attach_type),
	ARG_DEVICE(struct place, dev),
	ARG_WORD(struct place, mode, xdp_mode_words),
	ARG_INT(struct place, flags, 0, UINT32_MAX),
	ARG_WORD(struct place, order, order_words),
	ARG_STR(struct place, relative),
	ARG_MAP(struct place, map),
	ARG_PROGRAM(struct place, target),
	ARG_STR(struct place, function),
	ARG_STR(struct place, path),
	ARG_INT(struct place, priority, INT_MIN, INT_MAX),
	ARG_INT(struct place, family, 0, 255),
	ARG_INT(struct place, hook, 0, 255),
	ARG_INT(struct place, frequency, 1, 10000),
};

static struct attachment *find(const char *name)
{
	size_t i;

	for (i = 0; i < n_attached; i++)
		if (!strcmp(attached[i].name, name))
			return &attached[i];
	return NULL;
}

/* What the kind needs and the request does not have; NULL when all is there. */
static const char *missing(const struct place *place, int needs)
{
	if (!(needs & NEEDS_NO_PROGRAM) && !place->program.kind)
		return "program";
	if ((needs & NEEDS_DEV) && !place->dev.name)
		return "dev";
	if ((needs & NEEDS_MAP) && !place->map.kind)
		return "map";
	if ((needs & NEEDS_PATH) && !place->path)
		return "path";
	return NULL;
}

static int check(struct request *rq, const struct place *place)
{
	const struct link_kind *kind = &link_kinds[place->kind];
	const char *name = missing(place, kind->needs);

	if (name)
		return fault_request(rq, "%s: kind %s needs it", name,
				     kind->name);
	if ((kind->needs & NEEDS_OPEN) && !place->program.prog)
		return fault_request(rq, "program: '%s' was loaded without keep_open",
				     place->program.name);
	if ((kind->needs & NEEDS_NO_PROGRAM) && !place->map.map)
		return fault_request(rq, "map: '%s' is in no object that is open",
				     place->map.name);
	return 0;
}

/*
 * A descriptor of the link that is attached under a name: its own may be
 * closed by a request that runs at the same time. A negative errno without.
 */
static int find_link(struct request *rq, const char *arg, const char *name)
{
	const struct attachment *it;
	int fd = -EINVAL;

	pthread_mutex_lock(&lock);
	it = find(name);
	if (!it)
		fault_request(rq, "%s: nothing is attached as '%s'", arg, name);
	else if (it->fd < 0)
		fault_request(rq, "%s: '%s' is attached without a link",
			      arg, name);
	else
		fd = fcntl(it->fd, F_DUPFD_CLOEXEC, 3);
	pthread_mutex_unlock(&lock);
	return fd;
}

/* The kernel's id of a link; 0 for what is no link. */
static __u32 link_id(int fd)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) ? info.id :
								     0;
}

/*
 * Which system call failed inside of libbpf, by what it printed; NULL: none,
 * libbpf itself gave up, as for a function that does not exist.
 */
static const char *call_in_libbpf(const char *log)
{
	static const struct {
		const char *printed;
		const char *call;
	} calls[] = {
		{ "failed to create BPF link", "bpf(BPF_LINK_CREATE)" },
		{ "PERF_EVENT_IOC", "ioctl(PERF_EVENT_IOC_SET_BPF)" },
		{ "perf event ID", "open(tracefs)" },
		{ "perf event", "perf_event_open" },
		{ "raw tracepoint", "bpf(BPF_RAW_TRACEPOINT_OPEN)" },
		{ "failed to attach", "bpf(BPF_LINK_CREATE)" },
	};
	size_t i;

	for (i = 0; log && i < ARRAY_SIZE(calls); i++)
		if (strstr(log, calls[i].printed))
			return calls[i].call;
	return NULL;
}

static int refused(struct request *rq, const struct place *place,
		   const struct attachment *it, int err)
{
	const struct link_kind *kind = &link_kinds[place->kind];
	const char *what = place->program.kind ? place->program.function :
						 place->map.name;
	char *log = libbpf_log_take();
	const char *call = it->call ? it->call :
			   kind->call ? kind->call : call_in_libbpf(log);

	if (it->wrong)
		fault_request(rq, "%s", it->wrong);
	else if (call)
		fault_kernel(rq, err, call, "attaching '%s' (%s)", what,
			     kind->name);
	else
		fault_agent(rq, "libbpf", "cannot attach '%s': %s", what,
			    strerror(-err));
	rq->fault.log = log;
	return err;
}

static int keep(struct request *rq, const struct attachment *it)
{
	int err = 0;

	pthread_mutex_lock(&lock);
	if (find(it->name))
		err = fault_request(rq, "name: something is attached as '%s'",
				    it->name);
	else if (n_attached == MAX_ATTACHED)
		err = fault_request(rq, "more than %d programs are attached",
				    MAX_ATTACHED);
	else
		attached[n_attached++] = *it;
	pthread_mutex_unlock(&lock);
	return err;
}

static int op_link_attach(struct request *rq, const void *data)
{
	struct attachment it = { .fd = -1, .program_fd = -1, .map_fd = -1 };
	struct place place = *(const struct place *)data;
	int err;

	err = check(rq, &place);
	if (err)
		return err;
	if (place.relative) {
		place.relative_fd = find_link(rq, "relative", place.relative);
		if (place.relative_fd < 0)
			return place.relative_fd;
	}
	snprintf(it.name, sizeof(it.name), "%s", place.name);
	libbpf_log_start();
	err = link_kinds[place.kind].attach(&place, &it);
	if (err)
		refused(rq, &place, &it, err);
	else
		err = keep(rq, &it);
	if (place.relative)
		close(place.relative_fd);
	if (err) {
		if (it.undo)
			it.undo(&it);
		return err;
	}
	rq->answer = json_pack("{s:I}", "link", (json_int_t)link_id(it.fd));
	return 0;
}

struct update {
	const char *name;
	struct handle program;
	struct handle expected;	/* what the link has now */
};

static const struct arg update_args[] = {
	ARG_STR(struct update, name, REQUIRED),
	ARG_PROGRAM(struct update, program, REQUIRED),
	ARG_PROGRAM(struct update, expected),
};

static int op_link_update(struct request *rq, const void *data)
{
	const struct update *args = data;
	LIBBPF_OPTS(bpf_link_update_opts, opts);
	int fd = find_link(rq, "name", args->name), err;

	if (fd < 0)
		return fd;
	if (args->expected.kind) {
		opts.flags = BPF_F_REPLACE;
		opts.old_prog_fd = args->expected.fd;
	}
	err = bpf_link_update(fd, args->program.fd, &opts);
	if (err)
		fault_kernel(rq, err, "bpf(BPF_LINK_UPDATE)",
			     "putting program '%s' into a link",
			     args->program.name);
	else
		rq->answer = json_pack("{s:I}", "link",
				       (json_int_t)link_id(fd));
	close(fd);
	return err;
}

struct detach {
	const char *name;
};

static const struct arg detach_args[] = {
	ARG_STR(struct detach, name, REQUIRED),
};

static int op_link_detach(struct request *rq, const void *data)
{
	const struct detach *args = data;
	struct attachment *slot, it;

	pthread_mutex_lock(&lock);
	slot = find(args->name);
	if (slot) {
		it = *slot;
		/* The others keep their order, in which they are undone. */
		n_attached--;
		memmove(slot, slot + 1,
			(char *)&attached[n_attached] - (char *)slot);
	}
	pthread_mutex_unlock(&lock);
	if (!slot)
		return fault_request(rq, "name: nothing is attached as '%s'",
				     args->name);
	it.undo(&it);
	return 0;
}

/* The last first: a replacement before what it replaces. */
static void drop_links(void)
{
	pthread_mutex_lock(&lock);
	while (n_attached) {
		struct attachment *it = &attached[--n_attached];

		it->undo(it);
	}
	pthread_mutex_unlock(&lock);
}

static const struct op ops[] = {
	{ .name = "link_attach", .run = op_link_attach,
	  .defaults = &defaults, OP_ARGS(attach_args, struct place) },
	{ .name = "link_update", .run = op_link_update,
	  OP_ARGS(update_args, struct update) },
	{ .name = "link_detach", .run = op_link_detach,
	  OP_ARGS(detach_args, struct detach) },
};

const struct module links_module = {
	.name = "links", MODULE_OPS(ops), .drop = drop_links,
};
