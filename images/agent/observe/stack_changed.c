// SPDX-License-Identifier: GPL-2.0
/* What the frames have in common that are not as sent. */
#include <stdlib.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "core/json.h"
#include "observe/stack_changed.h"

/* The hashes of all frames that came in the place of described ones. */
static json_t *strangers(const struct stack *stack)
{
	__u64 hashes[BPFRIG_STRANGERS], *before = NULL;
	size_t n = 0;

	while (n < BPFRIG_STRANGERS &&
	       !bpf_map_get_next_key(stack->strangers_fd, before, &hashes[n]))
		before = &hashes[n++];
	return json_hex(hashes, n * sizeof(*hashes));
}

int stack_changed(struct request *rq, struct stack *stack, const void *data)
{
	int n = libbpf_num_possible_cpus(), cpu, err;
	struct bpfrig_changed *all = calloc(n, sizeof(*all));
	__u32 zero = 0;
	json_t *rows;

	(void)data;
	if (!all)
		return fault_agent(rq, "calloc", "out of memory");
	err = bpf_map_lookup_elem(stack->changed_fd, &zero, all);
	if (err) {
		fault_kernel(rq, err, "bpf(BPF_MAP_LOOKUP_ELEM)",
			     "reading how frames differ");
		free(all);
		return err;
	}
	rows = json_array();
	for (cpu = 0; cpu < n; cpu++)
		if (all[cpu].samples)
			json_array_append_new(rows, json_pack(
				"{s:i,s:o}", "cpu", cpu, "changed",
				json_hex(&all[cpu], sizeof(all[cpu]))));
	rq->answer = json_pack("{s:o,s:o}", "rows", rows, "strangers",
			       strangers(stack));
	free(all);
	return 0;
}

int stack_zero_changed(struct request *rq, struct stack *stack)
{
	int n = libbpf_num_possible_cpus(), err;
	struct bpfrig_changed *none = calloc(n, sizeof(*none));
	__u32 zero = 0;
	__u64 hash;

	if (!none)
		return fault_agent(rq, "calloc", "out of memory");
	while (!bpf_map_get_next_key(stack->strangers_fd, NULL, &hash))
		bpf_map_delete_elem(stack->strangers_fd, &hash);
	err = bpf_map_update_elem(stack->changed_fd, &zero, none, 0);
	free(none);
	if (err)
		return fault_kernel(rq, err, "bpf(BPF_MAP_UPDATE_ELEM)",
				    "forgetting how frames differ");
	return 0;
}
