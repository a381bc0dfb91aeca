// SPDX-License-Identifier: GPL-2.0
/* hello: which kernel this is, and which CPUs it has. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include "core/cpu_list.h"
#include "core/file.h"
#include "core/op.h"

#define SYS_CPU "/sys/devices/system/cpu/"
#define AGENT	"bpfrig-agent 1"

/*
 * Found out once, before the first client: a clone of a template answers
 * without reading sysfs anew, whose code it would have to translate first.
 */
static json_t *facts;

static int find_facts(struct request *rq)
{
	char *online, *possible, *max;
	struct utsname uts;
	size_t len;

	if (uname(&uts))
		return fault_kernel(rq, -errno, "uname",
				    "reading the kernel's release");
	if (file_read(rq, SYS_CPU "online", &online, &len))
		return -EIO;
	if (file_read(rq, SYS_CPU "possible", &possible, &len)) {
		free(online);
		return -EIO;
	}
	if (file_read(rq, SYS_CPU "kernel_max", &max, &len)) {
		free(online);
		free(possible);
		return -EIO;
	}
	facts = json_pack("{s:s,s:s,s:s,s:o,s:o,s:I}", "agent", AGENT,
			  "release", uts.release, "version", uts.version,
			  "cpus_online", cpu_list(online),
			  "cpus_possible", cpu_list(possible),
			  "kernel_max", (json_int_t)atoll(max));
	free(online);
	free(possible);
	free(max);
	return 0;
}

/* A failure is reported by hello, which tries again. */
static void hello_prepare(void)
{
	struct request rq = {};

	find_facts(&rq);
}

static int op_hello(struct request *rq, const void *none)
{
	int err;

	(void)none;
	err = facts ? 0 : find_facts(rq);
	if (!err)
		rq->answer = json_incref(facts);
	return err;
}

static const struct op ops[] = {
	{ .name = "hello", .run = op_hello },
};

const struct module hello_module = {
	.name = "hello", MODULE_OPS(ops), .prepare = hello_prepare,
};
