// SPDX-License-Identifier: GPL-2.0
/* verify_object, verify: what the verifier says of each program alone. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "bpf/enum_name.h"
#include "bpf/load_failure.h"
#include "bpf/verify_attempt.h"
#include "core/json.h"
#include "core/op.h"

/* Levels of the verifier's log: BPF_LOG_STATS alone, or the way to the end. */
#define LOG_STATS	4
#define LOG_WAY		1

/* What LOG_STATS prints is a few lines. */
#define STATS_SIZE	(256 << 10)
/* The most that any kernel accepts. */
#define WAY_SIZE	((16 << 20) - 1)

/* One object at a time: a load may take seconds, and others wait for it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct verify_object {
	const char *object_data;
};

static const struct arg verify_object_args[] = {
	ARG_STR(struct verify_object, object_data, REQUIRED),
};

struct verify {
	const char *program;
	long long type;			/* -1: the section's */
	json_t *maps;
	json_t *slots;
	long long log_bytes;
};

static const struct verify defaults = { .type = -1, .log_bytes = 64 << 10 };

static const struct arg verify_args[] = {
	ARG_STR(struct verify, program, REQUIRED),
	ARG_PROG_TYPE(struct verify, type),
	ARG_STRINGS(struct verify, maps),
	ARG_STRINGS(struct verify, slots),
	ARG_INT(struct verify, log_bytes, 0, WAY_SIZE),
};

static json_t *type_name(enum bpf_prog_type type)
{
	const char *name = libbpf_bpf_prog_type_str(type);

	return json_string(name ? name : "unspec");
}

static json_t *program_json(const struct bpf_program *prog)
{
	return json_pack("{s:s,s:s,s:o,s:b}",
			 "name", bpf_program__name(prog),
			 "section", bpf_program__section_name(prog),
			 "type", type_name(bpf_program__type(prog)),
			 "autoload", bpf_program__autoload(prog));
}

static int list_programs(struct request *rq)
{
	struct bpf_program *prog;
	struct bpf_object *obj;
	json_t *programs;
	int err;

	err = verify_object_open(rq, &obj);
	if (err)
		return err;
	programs = json_array();
	bpf_object__for_each_program(prog, obj)
		json_array_append_new(programs, program_json(prog));
	bpf_object__close(obj);
	rq->answer = json_pack("{s:o}", "programs", programs);
	return 0;
}

static int op_verify_object(struct request *rq, const void *data)
{
	const struct verify_object *args = data;
	size_t size;
	void *bytes = base64_decode(args->object_data, &size);
	int err;

	if (!bytes)
		return fault_request(rq, "object_data: must be base64");
	pthread_mutex_lock(&lock);
	verify_object_keep(bytes, size);
	err = list_programs(rq);
	pthread_mutex_unlock(&lock);
	return err;
}

/*
 * A PROG_ARRAY whose declaration has programs is filled after the program was
 * loaded. Those are not there, so it fails, and the program is let go.
 */
static bool only_slots_failed(const struct attempt *try)
{
	return try->err && try->printed &&
	       strstr(try->printed, "': failed to initialize slot") &&
	       strstr(try->printed, "to prog '");
}

/* Once more with the programs of the slots; if it fails, they are to blame. */
static int with_slots(struct request *rq, const struct verify *args,
		      struct attempt *first)
{
	const struct verify_choice choice = {
		.program = args->program, .type = args->type,
		.with = args->slots,
	};
	struct attempt again = { .log_level = LOG_STATS,
				 .log_size = STATS_SIZE };
	int err;

	first->err = 0;
	err = attempt_run(rq, &again, &choice);
	if (!err && !again.err)
		first->info = again.info;
	attempt_free(&again);
	return err;
}

/* The last bytes of a text; from the start of a line if it is cut. */
static json_t *text_end(const char *text, size_t most)
{
	size_t len = text ? strlen(text) : 0;
	const char *from = text, *line;

	if (len > most) {
		from += len - most;
		line = strchr(from, '\n');
		from = line ? line + 1 : from;
	}
	return text ? json_text(from, strlen(from)) : json_string("");
}

/* The way to the verifier's refusal, which is not printed at first. */
static int refused_way(struct request *rq, const struct verify *args,
		       const struct verify_choice *choice, json_t **log)
{
	struct attempt try = { .log_level = LOG_WAY, .log_size = WAY_SIZE };
	int err;

	err = attempt_run(rq, &try, choice);
	if (!err)
		*log = text_end(try.log, args->log_bytes);
	attempt_free(&try);
	return err;
}

static json_t *failure_json(const struct attempt *try, const char *program)
{
	struct request why = {};
	char what[160];

	snprintf(what, sizeof(what), "program '%s'", program);
	load_failure(&why, try->err, what, try->printed, try->log);
	return fault_json(&why.fault);
}

static json_t *answer_of(const struct verify *args, const struct attempt *try,
			 json_t *log)
{
	const struct bpf_prog_info *info = &try->info;

	return json_pack(
		"{s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o}",
		"failure", try->err ? failure_json(try, args->program) :
				      json_null(),
		"insns", (json_int_t)try->insns,
		"type", (json_int_t)info->type,
		"attach_type", (json_int_t)try->attach_type,
		"verified_insns", (json_int_t)info->verified_insns,
		"xlated_bytes", (json_int_t)info->xlated_prog_len,
		"jited_bytes", (json_int_t)info->jited_prog_len,
		"stats", text_end(try->log, STATS_SIZE),
		"log", log ? log : json_string(""),
		"printed", text_end(try->printed, args->log_bytes));
}

static int verify(struct request *rq, const struct verify *args,
		  struct attempt *try)
{
	const struct verify_choice choice = {
		.program = args->program, .type = args->type,
		.maps = args->maps,
	};
	json_t *log = NULL;
	int err;

	err = attempt_run(rq, try, &choice);
	if (!err && only_slots_failed(try))
		err = with_slots(rq, args, try);
	if (!err && try->err && *try->log)
		err = refused_way(rq, args, &choice, &log);
	if (!err)
		rq->answer = answer_of(args, try, log);
	return err;
}

static int op_verify(struct request *rq, const void *data)
{
	const struct verify *args = data;
	struct attempt try = { .log_level = LOG_STATS, .log_size = STATS_SIZE };
	int err;

	pthread_mutex_lock(&lock);
	err = verify(rq, args, &try);
	pthread_mutex_unlock(&lock);
	attempt_free(&try);
	return err;
}

static void drop_object(void)
{
	pthread_mutex_lock(&lock);
	verify_object_keep(NULL, 0);
	pthread_mutex_unlock(&lock);
}

static const struct op ops[] = {
	{ .name = "verify_object", .run = op_verify_object,
	  OP_ARGS(verify_object_args, struct verify_object) },
	{ .name = "verify", .run = op_verify, .defaults = &defaults,
	  OP_ARGS(verify_args, struct verify) },
};

const struct module verify_module = {
	.name = "verify", MODULE_OPS(ops), .drop = drop_object,
};
