// SPDX-License-Identifier: GPL-2.0
/*
 * hog: a FIFO spinner that starves every ordinary task of one CPU, so that a
 * cpumap's kthread there does not run while its queue fills.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/file.h"
#include "core/op.h"
#include "cpu/cpus.h"
#include "cpu/hog.h"
#include "cpu/starve.h"
#include "cpu/task.h"

#define RT_RUNTIME	"/proc/sys/kernel/sched_rt_runtime_us"
#define MAX_HOGS	64
#define MAX_MOVED	1024

struct hog {
	int cpu;
	pthread_t thread;
	atomic_bool running;
	atomic_bool stop;
	char *fair_server;	/* its runtime before, or NULL */
	struct saved_task softirqs[SOFTIRQ_TASKS];
	pid_t moved[MAX_MOVED];
	size_t n_moved;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct hog *hogs[MAX_HOGS];
static size_t n_hogs;
static char *rt_runtime;		/* before the first hog */

static struct hog **hog_of(int cpu)
{
	size_t i;

	for (i = 0; i < n_hogs; i++)
		if (hogs[i]->cpu == cpu)
			return &hogs[i];
	return NULL;
}

bool hog_has(int cpu)
{
	bool has;

	pthread_mutex_lock(&lock);
	has = hog_of(cpu);
	pthread_mutex_unlock(&lock);
	return has;
}

/*
 * What a loop that only waits tells its CPU. Under emulation CPUs take turns, and
 * it ends a turn early, where the architecture has such an instruction.
 */
static void cpu_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#else
	atomic_signal_fence(memory_order_seq_cst);
#endif
}

static void *spin(void *data)
{
	struct hog *hog = data;

	hog->running = true;
	while (!atomic_load_explicit(&hog->stop, memory_order_relaxed))
		cpu_relax();
	return NULL;
}

/* Sets or clears one CPU in a task's mask; false where nothing changed. */
static bool allow_cpu(pid_t tid, int cpu, bool allow)
{
	size_t size = CPU_ALLOC_SIZE(CPU_MAX + 1);
	cpu_set_t *set = CPU_ALLOC(CPU_MAX + 1);
	bool changed = false;

	CPU_ZERO_S(size, set);
	if (!sched_getaffinity(tid, size, set) &&
	    !CPU_ISSET_S(cpu, size, set) == allow) {
		if (allow)
			CPU_SET_S(cpu, size, set);
		else
			CPU_CLR_S(cpu, size, set);
		changed = CPU_COUNT_S(size, set) &&
			  !sched_setaffinity(tid, size, set);
	}
	CPU_FREE(set);
	return changed;
}

/* A user's task that stays on the CPU would not run: the ssh server's. */
static void move_off(const struct task *task, void *data)
{
	struct hog *hog = data;

	if (!task->kernel && hog->n_moved < MAX_MOVED &&
	    allow_cpu(task->tid, hog->cpu, false))
		hog->moved[hog->n_moved++] = task->tid;
}

static int hog_thread(struct request *rq, struct hog *hog)
{
	struct sched_param param = { .sched_priority = HOG_PRIORITY };
	cpu_set_t *set = CPU_ALLOC(CPU_MAX + 1);
	size_t size = CPU_ALLOC_SIZE(CPU_MAX + 1);
	pthread_attr_t attr;
	int err;

	CPU_ZERO_S(size, set);
	CPU_SET_S(hog->cpu, size, set);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, size, set);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	err = -pthread_create(&hog->thread, &attr, spin, hog);
	pthread_attr_destroy(&attr);
	CPU_FREE(set);
	if (err)
		return fault_kernel(rq, err, "pthread_create(SCHED_FIFO)",
				    "a hog on CPU %d", hog->cpu);
	while (!hog->running)
		usleep(1000);
	return 0;
}

static void undo(struct hog *hog)
{
	size_t i;

	fair_server_on(hog->cpu, hog->fair_server);
	softirqs_back(hog->softirqs);
	for (i = 0; i < hog->n_moved; i++)
		allow_cpu(hog->moved[i], hog->cpu, true);
	if (!n_hogs && rt_runtime) {
		file_put(RT_RUNTIME, rt_runtime);
		free(rt_runtime);
		rt_runtime = NULL;
	}
	free(hog);
}

static int hog_on(struct request *rq, int cpu)
{
	struct hog *hog;
	size_t len;
	int err;

	if (hog_of(cpu))
		return 0;
	if (n_hogs == MAX_HOGS ||
	    (long)n_hogs + 1 >= sysconf(_SC_NPROCESSORS_ONLN))
		return fault_request(rq, "cpu: a CPU must be left without a hog");
	hog = calloc(1, sizeof(*hog));
	if (!hog)
		return fault_agent(rq, "calloc", "out of memory");
	hog->cpu = cpu;
	if (!rt_runtime && !file_slurp(RT_RUNTIME, &rt_runtime, &len))
		file_put(RT_RUNTIME, "-1");
	err = fair_server_off(rq, cpu, &hog->fair_server);
	if (!err) {
		task_each(move_off, hog);
		softirqs_first(cpu, hog->softirqs);
		err = hog_thread(rq, hog);
	}
	if (err)
		undo(hog);
	else
		hogs[n_hogs++] = hog;
	return err;
}

static void hog_off(struct hog **slot)
{
	struct hog *hog = *slot;

	*slot = hogs[--n_hogs];
	hog->stop = true;
	pthread_join(hog->thread, NULL);
	undo(hog);
}

struct hog_args {
	long long cpu;
	bool on;
};

static const struct arg hog_args[] = {
	ARG_INT(struct hog_args, cpu, 0, CPU_MAX, REQUIRED),
	ARG_BOOL(struct hog_args, on, REQUIRED),
};

static int op_hog(struct request *rq, const void *data)
{
	const struct hog_args *args = data;
	struct hog **slot;
	int err = 0;

	pthread_mutex_lock(&lock);
	slot = hog_of(args->cpu);
	if (args->on)
		err = hog_on(rq, args->cpu);
	else if (slot)
		hog_off(slot);
	pthread_mutex_unlock(&lock);
	return err;
}

static void abort_hogs(void)
{
	pthread_mutex_lock(&lock);
	while (n_hogs)
		hog_off(&hogs[0]);
	pthread_mutex_unlock(&lock);
}

static const struct op ops[] = {
	{ .name = "hog", .run = op_hog, OP_ARGS(hog_args, struct hog_args) },
};

const struct module hog_module = {
	.name = "hog", MODULE_OPS(ops), .abort = abort_hogs,
};
