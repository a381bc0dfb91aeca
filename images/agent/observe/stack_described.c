// SPDX-License-Identifier: GPL-2.0
/* Frames without a number, which their source describes by a hash of each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include "core/json.h"
#include "observe/stack_described.h"

/* A row of the answer, in the byte order of the guest. */
struct row {
	__u64 hash;
	__u64 came;
};

static int add(struct request *rq, struct stack *stack, __u64 hash)
{
	__u64 none = 0;
	int err;

	err = bpf_map_update_elem(stack->described_fd, &hash, &none,
				  BPF_NOEXIST);
	if (err == -EEXIST)
		return 0;
	if (err)
		return fault_kernel(rq, err, "bpf(BPF_MAP_UPDATE_ELEM)",
				    "describing a frame");
	stack->hashes[stack->n_hashes++] = hash;
	return 0;
}

int stack_describe(struct request *rq, struct stack *stack, const void *data)
{
	const struct description *what = data;
	size_t n = what->hashes.len / sizeof(__u64), i;
	__u64 *grown, hash;
	int err = 0;

	if (what->hashes.len % sizeof(__u64))
		return fault_request(rq, "hashes: must be 8 bytes each, not %zu",
				     what->hashes.len);
	if (stack->n_hashes + n > BPFRIG_DESCRIBED)
		return fault_request(rq, "hashes: there is room for %d frames, and there are %zu",
				     BPFRIG_DESCRIBED, stack->n_hashes + n);
	grown = realloc(stack->hashes,
			(stack->n_hashes + n + 1) * sizeof(*grown));
	if (!grown)
		return fault_agent(rq, "realloc", "out of memory");
	stack->hashes = grown;
	for (i = 0; !err && i < n; i++) {
		memcpy(&hash, what->hashes.data + i * sizeof(hash),
		       sizeof(hash));
		err = add(rq, stack, hash);
	}
	if (err)
		return err;
	stack->setup->kinds |= what->kinds;
	if (stack->n_hashes)
		stack->setup->described = 1;
	return 0;
}

int stack_described(struct request *rq, struct stack *stack, const void *data)
{
	struct row *rows = calloc(stack->n_hashes + 1, sizeof(*rows));
	size_t i;
	int err = 0;

	(void)data;
	if (!rows)
		return fault_agent(rq, "calloc", "out of memory");
	for (i = 0; !err && i < stack->n_hashes; i++) {
		rows[i].hash = stack->hashes[i];
		err = bpf_map_lookup_elem(stack->described_fd, &rows[i].hash,
					  &rows[i].came);
	}
	if (err)
		fault_kernel(rq, err, "bpf(BPF_MAP_LOOKUP_ELEM)",
			     "reading how often a frame came");
	else
		rq->answer = json_pack("{s:o}", "frames",
				       json_hex(rows, stack->n_hashes *
						sizeof(*rows)));
	free(rows);
	return err;
}

int stack_undescribe(struct request *rq, struct stack *stack)
{
	int err = 0;

	memset(stack->setup, 0, sizeof(*stack->setup));
	while (!err && stack->n_hashes)
		err = bpf_map_delete_elem(stack->described_fd,
					  &stack->hashes[--stack->n_hashes]);
	if (err)
		return fault_kernel(rq, err, "bpf(BPF_MAP_DELETE_ELEM)",
				    "forgetting a frame");
	return 0;
}
