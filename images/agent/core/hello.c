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

static int op_hello(struct request *rq, const void *none)
{
	char *online, *possible, *max;
	struct utsname uts;
	size_t len;

	(void)none;
	if (uname(&uts))
		return fault_kernel(rq, -errno, "uname",
				    "reading the kernel's release");
	if (file_read(rq, SYS_CPU "online", &online, &len))
		return -EIO;
	if (file_read(rq, SYS_CPU "possible", &possible, &len)) {
		free(online);
		return -EIO;
	}
	rq->answer = json_pack("{s:s,s:s,s:s,s:o,s:o}", "agent", AGENT,
			       "release", uts.release, "version", uts.version,
			       "cpus_online", cpu_list(online),
			       "cpus_possible", cpu_list(possible));
	free(online);
	free(possible);
	if (file_read(rq, SYS_CPU "kernel_max", &max, &len))
		return -EIO;
	json_object_set_new(rq->answer, "kernel_max",
			    json_integer(atoll(max)));
	free(max);
	return 0;
}

static const struct op ops[] = {
	{ .name = "hello", .run = op_hello },
};

const struct module hello_module = { .name = "hello", MODULE_OPS(ops) };
