// SPDX-License-Identifier: GPL-2.0
/* The table of ops, and the check of a request against it. */
#include <string.h>
#include "limits.h"
#include "ops.h"

#define FRAME_ARGS "dev count size cpu dst_mac src_ip dst_ip flows first_flow " \
		   "pps"

static const struct op ops[] = {
	{ "hello", op_hello, "" },
	{ "probes", op_probes, "" },
	{ "map_create", op_map_create, "name type key_size value_size "
	  "max_entries flags numa_node btf inner caps" },
	{ "map_update", op_map_update, "map key value value_map flags caps" },
	{ "cpumap_update", op_cpumap_update,
	  "map key qsize program prog_fd prog_map at_fd_0 flags caps "
	  "times other_qsize" },
	{ "map_lookup", op_map_lookup, "map key caps" },
	{ "map_delete", op_map_delete, "map key" },
	{ "map_next_key", op_map_next_key, "map key" },
	{ "map_take", op_map_take, "map key" },
	{ "map_batch", op_map_batch, "map what count" },
	{ "map_info", op_map_info, "map" },
	{ "load", op_load, "object object_data program name config maps create "
	  "expected_attach type frags dev_bound" },
	{ "prog_info", op_prog_info, "program" },
	{ "id_exists", op_id_exists, "kind object" },
	{ "close", op_close, "map program" },
	{ "attach", op_attach, "program dev mode" },
	{ "detach", op_detach, "dev mode" },
	{ "test_run", op_test_run, "program data repeat live batch dev cpu" },
	{ "actions_start", op_actions_start, "program" },
	{ "actions_read", op_actions_read, "program" },
	{ "observers_start", op_observers_start, "" },
	{ "observers_read", op_observers_read, "" },
	{ "observers_reset", op_observers_reset, "" },
	{ "observers_stop", op_observers_stop, "" },
	{ "observers_hollow", op_observers_hollow, "" },
	{ "stack_start", op_stack_start, "dev" },
	{ "stack_read", op_stack_read, "dev" },
	{ "stack_log", op_stack_log, "dev" },
	{ "witness_start", op_witness_start, "kind" },
	{ "witness_read", op_witness_read, "" },
	{ "witness_stop", op_witness_stop, "" },
	{ "pktgen", op_pktgen, FRAME_ARGS " burst threads mode commands" },
	{ "send", op_send, FRAME_ARGS },
	{ "udp", op_udp, "dev count size cpu src_ip dst_ip flows first_flow "
			 "pps checksum" },
	{ "kthreads", op_kthreads, "prefix" },
	{ "netdev", op_netdev, "dev" },
	{ "softnet", op_softnet, "" },
	{ "snmp", op_snmp, "" },
	{ "kmsg", op_kmsg, "since" },
	{ "read_file", op_read_file, "path" },
	{ "write_file", op_write_file, "path data" },
	{ "exec", op_exec, "argv timeout_ms" },
	{ "rlimit", op_rlimit, "memlock" },
	{ "sched", op_sched, "pid cpus policy priority" },
	{ "hog", op_hog, "cpu on" },
	{ "batch", op_batch, "requests" },
	{ "keep", op_keep, "" },
	{ "renew", op_renew, "time_ns entropy name" },
};

const struct op *op_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (!strcmp(ops[i].name, name))
			return &ops[i];
	return NULL;
}

/* Is word one of the words of list, which are parted by single spaces? */
static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);
	const char *at = list;

	while ((at = strstr(at, word))) {
		if ((at == list || at[-1] == ' ') &&
		    (at[len] == ' ' || !at[len]))
			return true;
		at++;
	}
	return false;
}

int op_run(struct request *rq)
{
	const struct op *op;
	const char *name, *arg;
	json_t *value;
	int err;

	err = arg_str(rq, "op", &name);
	if (err)
		return err;
	op = op_find(name);
	if (!op)
		return fault_request(rq, "op: there is no op '%s'", name);
	json_object_foreach(rq->args, arg, value)
		if (!*arg || (!has_word("id op bg", arg) &&
			      !has_word(op->args, arg)))
			return fault_request(rq, "%s has no argument '%s'; it takes: %s",
					     name, arg, op->args);
	if (!arg_given(rq, "caps"))
		return op->run(rq);
	err = caps_take(rq);
	if (!err)
		err = op->run(rq);
	caps_give_back();
	return err;
}
