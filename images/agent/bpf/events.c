// SPDX-License-Identifier: GPL-2.0
/*
 * Records that programs write into a ring buffer or a perf event array. A
 * thread takes them out as they come, so that the kernel's buffer does not
 * fill up; they wait here, within a bound, until the client reads them.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include "bpf/handles.h"
#include "bpf/libbpf_log.h"
#include "core/json.h"
#include "core/op.h"

#define MAX_STREAMS	64
/* What waits here at most; further records are counted as lost. */
#define MAX_RECORDS	65536
#define MAX_BYTES	(4 << 20)
/* Pages of a CPU's part of a perf event array. */
#define PERF_PAGES	64
/* A program may write without a wake-up. */
#define LOOK_MS		50

struct stream {
	char map[sizeof(((struct handle *)0)->name)];
	int fd;
	struct ring_buffer *ring;	/* one of the two */
	struct perf_buffer *perf;
	pthread_t thread;
	pthread_mutex_t lock;		/* of all below */
	json_t *records;
	size_t bytes;
	long long lost;
	bool stop;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct stream *streams[MAX_STREAMS];
static size_t n_streams;

static void keep(struct stream *stream, json_t *record, size_t size)
{
	if (json_array_size(stream->records) >= MAX_RECORDS ||
	    stream->bytes + size > MAX_BYTES) {
		stream->lost++;
		json_decref(record);
		return;
	}
	stream->bytes += size;
	json_array_append_new(stream->records, record);
}

static int on_ring(void *data, void *record, size_t size)
{
	keep(data, json_pack("{s:o}", "data", json_hex(record, size)), size);
	return 0;
}

static void on_perf(void *data, int cpu, void *record, __u32 size)
{
	keep(data, json_pack("{s:i,s:o}", "cpu", cpu, "data",
			     json_hex(record, size)), size);
}

static void on_perf_lost(void *data, int cpu, __u64 count)
{
	struct stream *stream = data;

	(void)cpu;
	stream->lost += count;
}

/* Takes out what is there; stream->lock is held. */
static int consume(struct stream *stream)
{
	int n = stream->ring ? ring_buffer__consume(stream->ring) :
			       perf_buffer__consume(stream->perf);

	return n < 0 ? n : 0;
}

static void *stream_main(void *data)
{
	struct stream *stream = data;
	struct pollfd ready = {
		.fd = stream->ring ? ring_buffer__epoll_fd(stream->ring) :
				     perf_buffer__epoll_fd(stream->perf),
		.events = POLLIN,
	};
	bool stop = false;

	while (!stop) {
		poll(&ready, 1, LOOK_MS);
		pthread_mutex_lock(&stream->lock);
		stop = stream->stop;
		if (!stop)
			consume(stream);
		pthread_mutex_unlock(&stream->lock);
	}
	return NULL;
}

static void stream_free(struct stream *stream)
{
	ring_buffer__free(stream->ring);
	perf_buffer__free(stream->perf);
	if (stream->fd >= 0)
		close(stream->fd);
	json_decref(stream->records);
	pthread_mutex_destroy(&stream->lock);
	free(stream);
}

static int open_buffer(struct request *rq, const struct handle *map,
		       struct stream *stream)
{
	const char *where = "ring_buffer__new";

	libbpf_log_start();
	if (map->type == BPF_MAP_TYPE_RINGBUF) {
		stream->ring = ring_buffer__new(stream->fd, on_ring, stream,
						NULL);
	} else if (map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY) {
		where = "perf_buffer__new";
		stream->perf = perf_buffer__new(stream->fd, PERF_PAGES,
						on_perf, on_perf_lost, stream,
						NULL);
	} else {
		return fault_request(rq, "map: '%s' is no ring buffer and no perf event array",
				     map->name);
	}
	if (stream->ring || stream->perf)
		return 0;
	fault_agent(rq, where, "opening map '%s': %s", map->name,
		    strerror(errno));
	rq->fault.log = libbpf_log_take();
	return -EINVAL;
}

static struct stream *find(const char *map)
{
	size_t i;

	for (i = 0; i < n_streams; i++)
		if (!strcmp(streams[i]->map, map))
			return streams[i];
	return NULL;
}

static int start(struct request *rq, const struct handle *map)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	int err;

	if (!stream)
		return fault_agent(rq, "calloc", "out of memory");
	pthread_mutex_init(&stream->lock, NULL);
	memcpy(stream->map, map->name, sizeof(stream->map));
	stream->records = json_array();
	/* Its own descriptor: the client may close the map's handle. */
	stream->fd = fcntl(map->fd, F_DUPFD_CLOEXEC, 3);
	if (stream->fd < 0)
		err = fault_agent(rq, "fcntl(F_DUPFD_CLOEXEC)", "%s",
				  strerror(errno));
	else
		err = open_buffer(rq, map, stream);
	if (!err && pthread_create(&stream->thread, NULL, stream_main, stream))
		err = fault_agent(rq, "pthread_create", "no thread");
	if (err)
		stream_free(stream);
	else
		streams[n_streams++] = stream;
	return err;
}

struct events {
	struct handle map;
};

static const struct arg events_args[] = {
	ARG_MAP(struct events, map, REQUIRED),
};

static int op_events_start(struct request *rq, const void *data)
{
	const struct events *args = data;
	int err = 0;

	pthread_mutex_lock(&lock);
	if (n_streams == MAX_STREAMS)
		err = fault_request(rq, "more than %d maps are read",
				    MAX_STREAMS);
	else if (!find(args->map.name))
		err = start(rq, &args->map);
	pthread_mutex_unlock(&lock);
	return err;
}

static int take(struct request *rq, struct stream *stream)
{
	int err;

	pthread_mutex_lock(&stream->lock);
	err = consume(stream);
	if (err) {
		fault_agent(rq, "libbpf", "reading map '%s': %s", stream->map,
			    strerror(-err));
	} else {
		rq->answer = json_pack("{s:o,s:I}", "records",
				       stream->records, "lost",
				       (json_int_t)stream->lost);
		stream->records = json_array();
		stream->bytes = 0;
		stream->lost = 0;
	}
	pthread_mutex_unlock(&stream->lock);
	return err;
}

static int op_events_read(struct request *rq, const void *data)
{
	const struct events *args = data;
	struct stream *stream;
	int err;

	pthread_mutex_lock(&lock);
	stream = find(args->map.name);
	err = stream ? take(rq, stream) :
		       fault_request(rq, "map: events_start has not been called for '%s'",
				     args->map.name);
	pthread_mutex_unlock(&lock);
	return err;
}

static void drop_streams(void)
{
	struct stream *stream;

	pthread_mutex_lock(&lock);
	while (n_streams) {
		stream = streams[--n_streams];
		pthread_mutex_lock(&stream->lock);
		stream->stop = true;
		pthread_mutex_unlock(&stream->lock);
		pthread_join(stream->thread, NULL);
		stream_free(stream);
	}
	pthread_mutex_unlock(&lock);
}

static const struct op ops[] = {
	{ .name = "events_start", .run = op_events_start,
	  OP_ARGS(events_args, struct events) },
	{ .name = "events_read", .run = op_events_read,
	  OP_ARGS(events_args, struct events) },
};

const struct module events_module = {
	.name = "events", MODULE_OPS(ops), .drop = drop_streams,
};
