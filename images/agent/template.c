// SPDX-License-Identifier: GPL-2.0
/*
 * What makes a guest fit to be a template, and a clone of it one of its own:
 * what the session made so far outlives it, and afterwards the clock, the
 * random numbers and the machine's name are no copies.
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
#include "ops.h"

#define ENTROPY_MAX	256
#define NS_PER_S	1000000000LL

static atomic_bool kept;

bool session_is_kept(void)
{
	return kept;
}

int op_keep(struct request *rq)
{
	(void)rq;
	kept = true;
	return 0;
}

static int set_clock(struct request *rq)
{
	struct timespec now;
	long long ns;
	int err;

	err = arg_int(rq, "time_ns", 0, INT64_MAX, &ns);
	if (err)
		return err;
	now.tv_sec = ns / NS_PER_S;
	now.tv_nsec = ns % NS_PER_S;
	if (clock_settime(CLOCK_REALTIME, &now))
		return fault_kernel(rq, -errno, "clock_settime",
				    "setting the clock");
	return 0;
}

/* Clones of one template would draw the same numbers until the next reseed. */
static int add_entropy(struct request *rq)
{
	struct {
		struct rand_pool_info info;
		uint8_t bytes[ENTROPY_MAX];
	} pool = {};
	uint8_t *bytes;
	size_t len;
	int fd, err;

	err = arg_hex(rq, "entropy", &bytes, &len);
	if (err)
		return err;
	if (len > ENTROPY_MAX)
		len = ENTROPY_MAX;
	memcpy(pool.bytes, bytes, len);
	free(bytes);
	pool.info.entropy_count = 8 * len;
	pool.info.buf_size = len;
	fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return fault_kernel(rq, -errno, "open", "/dev/urandom");
	if (ioctl(fd, RNDADDENTROPY, &pool) || ioctl(fd, RNDRESEEDCRNG))
		err = fault_kernel(rq, -errno, "ioctl", "adding entropy");
	close(fd);
	return err;
}

static int set_name(struct request *rq)
{
	const char *name;
	int err;

	err = arg_str(rq, "name", &name);
	if (err)
		return err;
	if (sethostname(name, strlen(name)))
		return fault_kernel(rq, -errno, "sethostname", "to %s", name);
	return 0;
}

int op_renew(struct request *rq)
{
	int err;

	err = set_clock(rq);
	if (!err)
		err = add_entropy(rq);
	if (!err)
		err = set_name(rq);
	return err;
}
