// SPDX-License-Identifier: GPL-2.0
/*
 * Which system call of a load failed. libbpf returns one errno for all of its
 * steps, and names the step only in what it prints: the texts below are those
 * of 1.1 and of later versions. Whatever else fails is libbpf's own: a
 * relocation, a missing type.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "bpf/load_failure.h"

#define PROG_FAILED	"': BPF program load failed"

/*
 * Steps before the program is loaded. A map that cannot be filled is reported
 * as "failed to create" as well (bpf_object__create_maps), so that is last.
 */
static const struct step {
	const char *printed;
	const char *call;
	const char *what;
} steps[] = {
	{ "BTF is mandatory", "bpf(BPF_BTF_LOAD)", "loading the BTF" },
	{ "Error setting initial map(", "bpf(BPF_MAP_UPDATE_ELEM)",
	  "filling the map" },
	{ "': failed to set initial contents", "bpf(BPF_MAP_UPDATE_ELEM)",
	  "filling the map" },
	{ "': failed to initialize slot", "bpf(BPF_MAP_UPDATE_ELEM)",
	  "filling the map" },
	{ "Error freezing map(", "bpf(BPF_MAP_FREEZE)", "freezing the map" },
	{ "': failed to freeze", "bpf(BPF_MAP_FREEZE)", "freezing the map" },
	{ "': failed to create", "bpf(BPF_MAP_CREATE)", "creating map" },
};

static const struct step *failed_step(const char *printed)
{
	size_t i;

	for (i = 0; printed && i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strstr(printed, steps[i].printed))
			return &steps[i];
	return NULL;
}

/* The name in front of a text, quoted: "'M'"; or nothing. */
static void quoted_before(const char *printed, const char *text,
			  char name[160])
{
	const char *end = printed ? strstr(printed, text) : NULL;
	const char *from = end;

	*name = 0;
	while (from && from > printed && from[-1] != '\'')
		from--;
	if (end)
		snprintf(name, 160, "'%.*s'", (int)(end - from), from);
}

/* Of several programs, libbpf names the one that failed. */
static void program_failed(struct request *rq, int err, const char *what,
			   const char *printed)
{
	char name[160];

	quoted_before(printed, PROG_FAILED, name);
	if (*name && !strstr(what, name))
		fault_kernel(rq, err, "bpf(BPF_PROG_LOAD)",
			     "loading program %s of %s", name, what);
	else
		fault_kernel(rq, err, "bpf(BPF_PROG_LOAD)", "loading %s",
			     what);
}

/* In btf__load_vmlinux_btf(), before 1.5 and since. */
static bool lacks_btf(const char *printed)
{
	return printed && (strstr(printed, "kernel BTF is missing at") ||
			   strstr(printed, "failed to find valid kernel BTF"));
}

void load_failure(struct request *rq, int err, const char *what,
		  const char *printed, const char *log)
{
	const struct step *step = failed_step(printed);
	char map[160], text[128];

	if (*log || (printed && strstr(printed, PROG_FAILED))) {
		program_failed(rq, err, what, printed);
	} else if (step) {
		quoted_before(printed, "': failed to create", map);
		fault_kernel(rq, err, step->call, "%s%s%s of %s", step->what,
			     *map ? " " : "", map, what);
	} else if (lacks_btf(printed)) {
		fault_agent(rq, "bpf_object__load",
			    "libbpf cannot load %s: it needs the kernel's BTF, and the kernel is built without CONFIG_DEBUG_INFO_BTF",
			    what);
	} else {
		libbpf_strerror(err, text, sizeof(text));
		fault_agent(rq, "bpf_object__load",
			    "libbpf cannot load %s: %s", what, text);
	}
}
