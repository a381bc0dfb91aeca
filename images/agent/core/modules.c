// SPDX-License-Identifier: GPL-2.0
/* The table of all subsystems: whatever has an op is listed here, once. */
#include <string.h>
#include "core/modules.h"

/*
 * The order is that of the clean-up after a session: what is attached first,
 * then what counts, then the programs and the maps.
 */
#define MODULES(X)	\
	X(hello)	\
	X(batch)	\
	X(template)	\
	X(file)		\
	X(exec)		\
	X(limits)	\
	X(hog)		\
	X(sched)	\
	X(kthreads)	\
	X(netdev)	\
	X(pktgen)	\
	X(send)		\
	X(send_frames)	\
	X(udp)		\
	X(tcp)		\
	X(ping)		\
	X(capture)	\
	X(xsk)		\
	X(xsk_receive)	\
	X(xsk_send)	\
	X(xsk_table)	\
	X(links)	\
	X(attach)	\
	X(stack)	\
	X(witness)	\
	X(observers)	\
	X(actions)	\
	X(kmsg)		\
	X(probes)	\
	X(load)		\
	X(verify)	\
	X(object_load)	\
	X(test_run)	\
	X(map_create)	\
	X(map)		\
	X(map_batch)	\
	X(map_dump)	\
	X(sockets)	\
	X(events)	\
	X(cpumap)	\
	X(info)		\
	X(handles)	\
	X(open_objects)

#define DECLARE(name) extern const struct module name##_module;
#define ENTRY(name) &name##_module,

MODULES(DECLARE)

static const struct module *const modules[] = { MODULES(ENTRY) };

const struct op *op_number(size_t i)
{
	size_t m;

	for (m = 0; m < ARRAY_SIZE(modules); m++) {
		if (i < modules[m]->n_ops)
			return &modules[m]->ops[i];
		i -= modules[m]->n_ops;
	}
	return NULL;
}

const struct op *op_find(const char *name)
{
	const struct op *op;
	size_t i;

	for (i = 0; (op = op_number(i)); i++)
		if (!strcmp(op->name, name))
			return op;
	return NULL;
}

void modules_prepare(void)
{
	size_t m = ARRAY_SIZE(modules);

	while (m--)
		if (modules[m]->prepare)
			modules[m]->prepare();
}

void modules_abort(void)
{
	size_t m;

	for (m = 0; m < ARRAY_SIZE(modules); m++)
		if (modules[m]->abort)
			modules[m]->abort();
}

void modules_drop(void)
{
	size_t m;

	for (m = 0; m < ARRAY_SIZE(modules); m++)
		if (modules[m]->drop)
			modules[m]->drop();
}

void modules_describe(json_t *into)
{
	size_t m;

	for (m = 0; m < ARRAY_SIZE(modules); m++)
		if (modules[m]->describe)
			modules[m]->describe(into);
}
