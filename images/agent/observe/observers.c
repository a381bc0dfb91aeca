// SPDX-License-Identifier: GPL-2.0
/*
 * The observers: loaded once for the agent's life and attached at once, since
 * both take long. A session starts with zeroed rows, and may detach them. A
 * kernel without BTF has observers of its own: bpf/tracepoints.bpf.c.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "bpf/kernel_btf.h"
#include "bpf/libbpf_log.h"
#include "bpf/load_failure.h"
#include "bpf/object.h"
#include "core/lockdown.h"
#include "core/op.h"
#include "observe/event_types.h"
#include "observe/observer_tables.h"
#include "observe/tracefs.h"

#define WITHOUT_BTF	BPF_DIR "tracepoints.bpf.o"
#define EVENT_TYPES	"/run/event-types.btf"
#define MAX_PROGRAMS	64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct bpf_object *object;
static struct bpf_object *hollow;	/* the same without bodies */
static struct bpf_object *attached;	/* one of them, or none */
static struct bpf_link *links[MAX_PROGRAMS];
static size_t n_links;
static bool started;			/* by this session */
static struct observer_tables tables;
static char *state;			/* struct bpfrig_observers */
static __u64 missed_before;	/* recursion misses at the last reset */

/*
 * On failure *obj is NULL. types is a file with the types that the object's
 * offsets are adjusted by; NULL: the kernel's.
 */
static int load(struct request *rq, const char *path, const char *types,
		struct bpf_object **obj)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = types);
	int err;

	libbpf_log_start();
	*obj = bpf_object__open_file(path, &opts);
	if (!*obj) {
		err = fault_agent(rq, "bpf_object__open_file", "opening %s: %s",
				  path, strerror(errno));
		rq->fault.log = libbpf_log_take();
		return err;
	}
	err = bpf_object__load(*obj);
	if (err) {
		rq->fault.log = libbpf_log_take();
		load_failure(rq, err, path, rq->fault.log, "");
		bpf_object__close(*obj);
		*obj = NULL;
	}
	return err;
}

/* Finds the tables, and maps the variables. */
static int learn(struct request *rq)
{
	struct bpf_map *bss = bpf_object__find_map_by_name(object, ".bss");
	void *page;
	int err;

	err = bss ? observer_tables_init(&tables, object) : -ENOENT;
	if (err)
		return fault_agent(rq, "observers_start",
				   "reading the observers' tables: %s",
				   strerror(-err));
	page = mmap(NULL, bpf_map__value_size(bss), PROT_READ | PROT_WRITE,
		    MAP_SHARED, bpf_map__fd(bss), 0);
	if (page == MAP_FAILED)
		return fault_kernel(rq, -errno, "mmap",
				    "mapping the observers' variables");
	state = (char *)page + tables.state_at;
	return 0;
}

static int load_without_btf(struct request *rq)
{
	int err;

	err = tracefs_mount();
	if (err)
		return fault_kernel(rq, err, "mount(tracefs)",
				    "preparing observers for a kernel without BTF (CONFIG_DEBUG_INFO_BTF)");
	err = event_types_write(rq, WITHOUT_BTF, EVENT_TYPES);
	return err ? err : load(rq, WITHOUT_BTF, EVENT_TYPES, &object);
}

static int prepare(struct request *rq)
{
	int err;

	if (state)
		return 0;
	err = kernel_has_btf() ?
		load(rq, BPF_DIR "observers.bpf.o", NULL, &object) :
		load_without_btf(rq);
	if (err) {
		fault_explain_lockdown(rq);
		return err;
	}
	err = learn(rq);
	if (err) {
		bpf_object__close(object);
		object = NULL;
	}
	return err;
}

static void detach(void)
{
	while (n_links)
		bpf_link__destroy(links[--n_links]);
	attached = NULL;
	started = false;
}

static bool is_classic(const struct bpf_program *prog)
{
	return bpf_program__type(prog) == BPF_PROG_TYPE_TRACEPOINT;
}

static int attach(struct request *rq, struct bpf_object *obj)
{
	struct bpf_program *prog;
	struct bpf_link *link;
	int err;

	attached = obj;
	bpf_object__for_each_program(prog, obj) {
		link = n_links < MAX_PROGRAMS ? bpf_program__attach(prog) :
						NULL;
		if (link) {
			links[n_links++] = link;
			continue;
		}
		err = fault_kernel(rq, -errno, is_classic(prog) ?
				   "perf_event_open(PERF_TYPE_TRACEPOINT)" :
				   "bpf(BPF_RAW_TRACEPOINT_OPEN)",
				   "attaching observer '%s'",
				   bpf_program__name(prog));
		detach();
		return err;
	}
	return 0;
}

/* A failure occurs again, and is reported, in observers_start. */
static void prepare_observers(void)
{
	struct request none = {};

	pthread_mutex_lock(&lock);
	if (!prepare(&none))
		attach(&none, object);
	pthread_mutex_unlock(&lock);
	free(none.fault.log);
}

/*
 * Events that interrupted the same program on the same CPU. What a classic
 * program misses is among the events that tracepoints.bpf.c counts as lost.
 */
static __u64 missed(void)
{
	struct bpf_program *prog;
	__u64 sum = 0;

	bpf_object__for_each_program(prog, object) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);

		if (is_classic(prog))
			continue;
		if (!bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info,
					    &size))
			sum += info.recursion_misses;
	}
	return sum;
}

/*
 * The runs first: one that ends later would add its counts to a row that is
 * already deleted.
 */
static void reset(void)
{
	struct bpf_map *map;

	memset(state, 0, tables.state_size);
	bpf_object__for_each_map(map, object) {
		char key[bpf_map__key_size(map)];

		if (bpf_map__type(map) != BPF_MAP_TYPE_HASH)
			continue;
		while (!bpf_map_get_next_key(bpf_map__fd(map), NULL, key))
			bpf_map_delete_elem(bpf_map__fd(map), key);
	}
	missed_before = missed();
}

static int op_observers_start(struct request *rq, const void *none)
{
	int err;

	(void)none;
	pthread_mutex_lock(&lock);
	err = prepare(rq);
	if (!err && attached != object) {
		detach();
		err = attach(rq, object);
	}
	if (!err)
		reset();
	started = !err;
	pthread_mutex_unlock(&lock);
	return err;
}

static int op_observers_read(struct request *rq, const void *none)
{
	__u64 lost;
	int err = 0;

	(void)none;
	pthread_mutex_lock(&lock);
	if (!started) {
		err = fault_request(rq, "the observers are not started");
	} else {
		rq->answer = json_pack("{s:o}", "tables",
				       observer_tables_json(&tables, state));
		lost = *(__u64 *)(state + tables.lost_at) + missed() -
		       missed_before;
		json_object_set_new(rq->answer, "lost", json_integer(lost));
	}
	pthread_mutex_unlock(&lock);
	return err;
}

static int op_observers_reset(struct request *rq, const void *none)
{
	int err = 0;

	(void)none;
	pthread_mutex_lock(&lock);
	if (!started)
		err = fault_request(rq, "the observers are not started");
	else
		reset();
	pthread_mutex_unlock(&lock);
	return err;
}

/* Programs that do nothing instead: the kernel's own cost of calling any. */
static int op_observers_hollow(struct request *rq, const void *none)
{
	int err = 0;

	(void)none;
	pthread_mutex_lock(&lock);
	detach();
	if (!hollow)
		err = load(rq, BPF_DIR "hollow.bpf.o", NULL, &hollow);
	if (!err)
		err = attach(rq, hollow);
	pthread_mutex_unlock(&lock);
	return err;
}

static void drop_observers(void)
{
	pthread_mutex_lock(&lock);
	detach();
	pthread_mutex_unlock(&lock);
}

static int op_observers_stop(struct request *rq, const void *none)
{
	(void)rq;
	(void)none;
	drop_observers();
	return 0;
}

static const struct op ops[] = {
	{ .name = "observers_start", .run = op_observers_start },
	{ .name = "observers_read", .run = op_observers_read },
	{ .name = "observers_reset", .run = op_observers_reset },
	{ .name = "observers_stop", .run = op_observers_stop },
	{ .name = "observers_hollow", .run = op_observers_hollow },
};

const struct module observers_module = {
	.name = "observers", MODULE_OPS(ops), .prepare = prepare_observers,
	.drop = drop_observers,
};
