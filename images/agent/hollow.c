// SPDX-License-Identifier: GPL-2.0
/* Programs that do nothing on the observers' tracepoints, in their place. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "bpf_util.h"
#include "ops.h"

#define MAX_PROGRAMS	4

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct bpf_object *object;
static struct bpf_link *links[MAX_PROGRAMS];
static size_t n_links;

static void detach(void)
{
	while (n_links)
		bpf_link__destroy(links[--n_links]);
	bpf_object__close(object);
	object = NULL;
}

static int attach(void)
{
	struct bpf_program *prog;
	struct bpf_link *link;
	int err;

	object = bpf_object__open_file(BPF_DIR "hollow.bpf.o", NULL);
	if (!object)
		return -errno;
	err = bpf_object__load(object);
	if (err)
		return err;
	bpf_object__for_each_program(prog, object) {
		if (n_links == MAX_PROGRAMS)
			return -E2BIG;
		link = bpf_program__attach(prog);
		if (!link)
			return -errno;
		links[n_links++] = link;
	}
	return 0;
}

int op_hollow_start(struct request *rq)
{
	int err;

	observers_drop();
	pthread_mutex_lock(&lock);
	detach();
	libbpf_log_start();
	err = attach();
	if (err) {
		fault_kernel(rq, err, "hollow_start",
			     "attaching " BPF_DIR "hollow.bpf.o");
		rq->fault.log = libbpf_log_take();
		detach();
	}
	pthread_mutex_unlock(&lock);
	return err;
}

int op_hollow_stop(struct request *rq)
{
	(void)rq;
	hollow_drop();
	return 0;
}

void hollow_drop(void)
{
	pthread_mutex_lock(&lock);
	detach();
	pthread_mutex_unlock(&lock);
}
