// SPDX-License-Identifier: GPL-2.0
/* What the agent may do: its capabilities for one op, its locked memory. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "core/limits.h"
#include "core/op.h"

static const struct {
	const char *name;
	int number;
} known[] = {
	{ "net_admin", CAP_NET_ADMIN }, { "sys_admin", CAP_SYS_ADMIN },
	{ "perfmon", 38 },		{ "bpf", 39 },
};

static int named(struct request *rq, const char *name, __u64 *set)
{
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (name && !strcmp(known[i].name, name)) {
			*set |= 1ULL << known[i].number;
			return 0;
		}
	return fault_request(rq, "caps: must be a list of net_admin, sys_admin, perfmon and bpf");
}

/* Only this thread's effective set: the permitted one restores it. */
static int effective(struct request *rq, __u64 set)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return fault_kernel(rq, -errno, "capget",
				    "reading the capabilities");
	data[0].effective = data[0].permitted & (__u32)set;
	data[1].effective = data[1].permitted & (__u32)(set >> 32);
	if (syscall(SYS_capset, &header, data))
		return fault_kernel(rq, -errno, "capset",
				    "setting the capabilities");
	return 0;
}

int caps_take(struct request *rq)
{
	json_t *caps = json_object_get(rq->args, "caps"), *one;
	__u64 set = 0;
	size_t i;

	if (!json_is_array(caps))
		return named(rq, NULL, &set);
	json_array_foreach(caps, i, one)
		if (named(rq, json_string_value(one), &set))
			return -EINVAL;
	return effective(rq, set);
}

void caps_restore(void)
{
	struct request none = {};

	effective(&none, ~0ULL);
}

struct rlimit_args {
	long long memlock;
};

static const struct arg rlimit_args[] = {
	ARG_INT(struct rlimit_args, memlock, 0, INT64_MAX, REQUIRED),
};

static int op_rlimit(struct request *rq, const void *data)
{
	const struct rlimit_args *args = data;
	struct rlimit limit;

	getrlimit(RLIMIT_MEMLOCK, &limit);
	limit.rlim_cur = args->memlock;
	if (setrlimit(RLIMIT_MEMLOCK, &limit))
		return fault_kernel(rq, -errno, "setrlimit(RLIMIT_MEMLOCK)",
				    "setting it to %lld bytes", args->memlock);
	return 0;
}

/* The next session has what main.c set. */
static void drop_limits(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_MEMLOCK, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_MEMLOCK, &limit);
}

static const struct op ops[] = {
	{ .name = "rlimit", .run = op_rlimit,
	  OP_ARGS(rlimit_args, struct rlimit_args) },
};

const struct module limits_module = {
	.name = "limits", MODULE_OPS(ops), .drop = drop_limits,
};
