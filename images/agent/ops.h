/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ops of PROTOCOL.md. Each takes its arguments from the request, sets
 * rq->answer where it has one, and returns 0, or a negative errno after it
 * has recorded a fault.
 */
#ifndef OPS_H
#define OPS_H

#include "request.h"

struct op {
	const char *name;
	int (*run)(struct request *rq);
	const char *args;	/* the arguments it knows, by spaces */
};

const struct op *op_find(const char *name);
/* Looks the op up, holds the arguments against its list, and runs it. */
int op_run(struct request *rq);

int op_hello(struct request *rq);		/* hello.c */
int op_probes(struct request *rq);		/* probes.c */
int op_map_create(struct request *rq);		/* map_create.c */
int op_map_update(struct request *rq);		/* map.c */
int op_map_lookup(struct request *rq);
int op_map_delete(struct request *rq);
int op_map_next_key(struct request *rq);
int op_map_take(struct request *rq);		/* map_batch.c */
int op_map_batch(struct request *rq);
int op_map_info(struct request *rq);		/* info.c */
int op_prog_info(struct request *rq);
int op_id_exists(struct request *rq);
int op_close(struct request *rq);
int op_cpumap_update(struct request *rq);	/* cpumap.c */
int op_load(struct request *rq);		/* load.c */
int op_attach(struct request *rq);		/* attach.c */
int op_detach(struct request *rq);
int op_test_run(struct request *rq);		/* test_run.c */
int op_actions_start(struct request *rq);	/* actions.c */
int op_actions_read(struct request *rq);
int op_observers_start(struct request *rq);	/* observers.c */
int op_observers_read(struct request *rq);
int op_observers_reset(struct request *rq);
int op_observers_stop(struct request *rq);
int op_observers_hollow(struct request *rq);
int op_stack_start(struct request *rq);		/* stack.c */
int op_stack_read(struct request *rq);
int op_stack_log(struct request *rq);
int op_witness_start(struct request *rq);	/* witness.c */
int op_witness_read(struct request *rq);
int op_witness_stop(struct request *rq);
int op_pktgen(struct request *rq);		/* pktgen.c */
int op_send(struct request *rq);		/* packet.c */
int op_udp(struct request *rq);			/* udp.c */
int op_kthreads(struct request *rq);		/* kthreads.c */
int op_netdev(struct request *rq);		/* netdev.c */
int op_softnet(struct request *rq);		/* proc.c */
int op_snmp(struct request *rq);
int op_kmsg(struct request *rq);		/* kmsg.c */
int op_read_file(struct request *rq);		/* file.c */
int op_write_file(struct request *rq);
int op_exec(struct request *rq);		/* exec.c */
int op_rlimit(struct request *rq);		/* limits.c */
int op_sched(struct request *rq);		/* sched.c */
int op_hog(struct request *rq);			/* hog.c */
int op_batch(struct request *rq);		/* batch.c */
int op_keep(struct request *rq);		/* template.c */
int op_renew(struct request *rq);

/*
 * The end of a session, unless it is kept: then what it made stays.
 * abort: make whatever waits return, in any thread.
 * drop: undo what the session made, when nothing of it runs any more.
 */
bool session_is_kept(void);
void pktgen_abort(void);
void hog_drop(void);
void attach_drop(void);
void actions_drop(void);
void observers_drop(void);
void stack_drop(void);
void witness_drop(void);

/* What takes long and is the same for all clients, done before there is one. */
void observers_prepare(void);
void witness_prepare(void);

#endif /* OPS_H */
