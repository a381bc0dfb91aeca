// SPDX-License-Identifier: GPL-2.0
/* The ways in which a program is attached that are no links of the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "bpf/link_kinds.h"

static void undo_tc(struct attachment *it)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = it->ifindex,
		    .attach_point = it->attach_type);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = it->handle,
		    .priority = it->priority);

	bpf_tc_detach(&hook, &opts);
	if (!it->made_hook)
		return;
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	bpf_tc_hook_destroy(&hook);
}

/* clsact; the agent's own classifier is there with priority 1. */
int attach_tc(const struct place *place, struct attachment *it)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = place->dev.ifindex);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = place->program.fd,
		    .priority = place->priority);
	bool egress = place->attach_type == BPF_TCX_EGRESS;
	int err;

	hook.attach_point = egress ? BPF_TC_EGRESS : BPF_TC_INGRESS;
	err = bpf_tc_hook_create(&hook);
	if (err && err != -EEXIST)
		return err;
	it->made_hook = !err;
	it->ifindex = hook.ifindex;
	it->attach_type = hook.attach_point;
	it->undo = undo_tc;
	err = bpf_tc_attach(&hook, &opts);
	it->handle = opts.handle;
	it->priority = opts.priority;
	return err;
}

static void undo_sockmap(struct attachment *it)
{
	bpf_prog_detach2(it->program_fd, it->map_fd, it->attach_type);
	close(it->program_fd);
	close(it->map_fd);
}

/* A link since 6.10 only; kernels before know no other way than this one. */
int attach_sockmap(const struct place *place, struct attachment *it)
{
	int err;

	it->program_fd = fcntl(place->program.fd, F_DUPFD_CLOEXEC, 3);
	it->map_fd = fcntl(place->map.fd, F_DUPFD_CLOEXEC, 3);
	it->attach_type = place->attach_type;
	err = bpf_prog_attach(it->program_fd, it->map_fd, it->attach_type, 0);
	if (!err) {
		it->undo = undo_sockmap;
		return 0;
	}
	close(it->program_fd);
	close(it->map_fd);
	return err;
}

static void undo_perf_event(struct attachment *it)
{
	while (it->n_fds)
		close(it->fds[--it->n_fds]);
	free(it->fds);
}

/* The CPU clock of one CPU. */
static int open_clock(int cpu, long long frequency)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr), .type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK, .freq = 1,
		.sample_freq = frequency,
	};
	long fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1,
			  PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

int attach_perf_event(const struct place *place, struct attachment *it)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN), cpu;
	int fd;

	it->fds = calloc(cpus, sizeof(*it->fds));
	if (!it->fds)
		return -ENOMEM;
	it->undo = undo_perf_event;
	for (cpu = 0; cpu < cpus; cpu++) {
		fd = open_clock(cpu, place->frequency);
		if (fd < 0)
			return fd;
		it->fds[it->n_fds++] = fd;
		if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, place->program.fd) ||
		    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
			return -errno;
	}
	return 0;
}

static void undo_pin(struct attachment *it)
{
	unlink(it->path);
}

/* For what another program attaches, such as ip(8) a route's. */
int attach_pin(const struct place *place, struct attachment *it)
{
	if (strlen(place->path) >= sizeof(it->path))
		return -ENAMETOOLONG;	/* as the kernel would say */
	if (bpf_obj_pin(place->program.fd, place->path))
		return -errno;
	snprintf(it->path, sizeof(it->path), "%s", place->path);
	it->undo = undo_pin;
	return 0;
}
