// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a guest fit to be a template: what its session made outlives it. And
 * makes a clone differ from its template: its clock, its random numbers and
 * its host name are its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <linux/random.h>
#include "core/op.h"
#include "core/template.h"

#define ENTROPY_MAX	256
#define NS_PER_S	1000000000LL

static atomic_bool kept;

bool session_is_kept(void)
{
	return kept;
}

struct renew {
	long long time_ns;
	struct bytes entropy;
	const char *name;
};

static const struct arg renew_args[] = {
	ARG_INT(struct renew, time_ns, 0, INT64_MAX, REQUIRED),
	ARG_HEX(struct renew, entropy, REQUIRED),
	ARG_STR(struct renew, name, REQUIRED),
};

static int op_keep(struct request *rq, const void *none)
{
	(void)rq;
	(void)none;
	kept = true;
	return 0;
}

static int set_clock(struct request *rq, long long ns)
{
	struct timespec now = { ns / NS_PER_S, ns % NS_PER_S };

	if (clock_settime(CLOCK_REALTIME, &now))
		return fault_kernel(rq, -errno, "clock_settime",
				    "setting the clock");
	return 0;
}

/* Clones of one template would draw the same numbers until the next reseed. */
static int add_entropy(struct request *rq, const struct bytes *entropy)
{
	struct {
		struct rand_pool_info info;
		uint8_t bytes[ENTROPY_MAX];
	} pool = {};
	size_t len = entropy->len < ENTROPY_MAX ? entropy->len : ENTROPY_MAX;
	int fd, err = 0;

	memcpy(pool.bytes, entropy->data, len);
	pool.info.entropy_count = 8 * len;
	pool.info.buf_size = len;
	fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return fault_kernel(rq, -errno, "open",
				    "opening /dev/urandom");
	if (ioctl(fd, RNDADDENTROPY, &pool) || ioctl(fd, RNDRESEEDCRNG))
		err = fault_kernel(rq, -errno, "ioctl", "adding entropy");
	close(fd);
	return err;
}

static int set_name(struct request *rq, const char *name)
{
	if (sethostname(name, strlen(name)))
		return fault_kernel(rq, -errno, "sethostname",
				    "setting the host name to %s", name);
	return 0;
}

static int op_renew(struct request *rq, const void *data)
{
	const struct renew *renew = data;
	int err;

	err = set_clock(rq, renew->time_ns);
	if (!err)
		err = add_entropy(rq, &renew->entropy);
	if (!err)
		err = set_name(rq, renew->name);
	return err;
}

static const struct op ops[] = {
	{ .name = "keep", .run = op_keep },
	{ .name = "renew", .run = op_renew,
	  OP_ARGS(renew_args, struct renew) },
};

const struct module template_module = { .name = "template", MODULE_OPS(ops) };
