// SPDX-License-Identifier: GPL-2.0
/* What a witness counts, hist triggers, and what a hist file shows. */
#include <errno.h>
#include <string.h>
#include "observe/hist_text.h"
#include "test/test.h"

static const char kthread[] =
	"[{\"name\":\"kthread\",\"event\":\"xdp/k\",\"keys\":[\"map_id\","
	"\"err\"],\"sums\":[\"processed\",\"drops\",\"sched\"],"
	"\"batch\":\"processed\"}]";

static int plan_of(struct witness_plan *plan, const char *text,
		   struct request *rq)
{
	json_t *json = json_loads(text, 0, NULL);
	int err = witness_plan_init(rq, plan, json);

	json_decref(json);
	return err;
}

static void refuse(const char *text, const char *message)
{
	struct request rq = {};
	struct witness_plan plan;

	CHECK(plan_of(&plan, text, &rq) == -EINVAL);
	EQUAL(rq.fault.message, message);
	witness_plan_free(&plan);
}

static void plans(void)
{
	struct request rq = {};
	struct witness_plan plan;

	CHECK(plan_of(&plan, kthread, &rq) == 0);
	CHECK(plan.n_events == 1 && plan.events[0].batch == 0);
	CHECK(plan.events[0].n_keys == 2 && plan.events[0].n_sums == 3);
	EQUAL(plan.events[0].sums[2], "sched");
	witness_plan_free(&plan);
	refuse("[]", "events: must be a list of 1 to 16 events");
	refuse("[{\"name\":\"x\"}]",
	       "events: each must be {name, event, keys, sums, batch?}");
	refuse("[{\"name\":\"x\",\"event\":\"e\",\"keys\":[],\"sums\":[]}]",
	       "events: event must be SYSTEM/NAME, not 'e'");
	refuse("[{\"name\":\"x\",\"event\":\"a/e\",\"keys\":[],\"sums\":[]}]",
	       "events: keys must not be empty");
	refuse("[{\"name\":\"x\",\"event\":\"a/e\",\"keys\":[1],\"sums\":[]}]",
	       "events: keys must be a list of strings");
	refuse("[{\"name\":\"x\",\"event\":\"a/e\",\"keys\":[\"k\"],"
	       "\"sums\":[\"s\"],\"batch\":\"b\"}]",
	       "events: batch must be one of the sums, not 'b'");
}

static void triggers(void)
{
	struct witness_event event = {
		.n_keys = 1, .keys = { "a" }, .n_sums = 7,
		.sums = { "p", "q", "r", "s", "t", "u", "v" },
	};
	static const char *const expected[] = {
		"hist:keys=a:vals=p,q:size=512",
		"hist:keys=a:vals=r,s:sort=a:size=512",
		"hist:keys=a:vals=t,u:sort=a.descending:size=512",
	};
	char text[HIST_TRIGGER_SIZE];
	size_t i;

	CHECK(hist_triggers(&event) == 4);
	for (i = 0; i < 3; i++) {
		CHECK(hist_trigger(&event, i, text));
		EQUAL(text, expected[i]);
	}
	/* The kernel could not distinguish a fourth from another one. */
	CHECK(!hist_trigger(&event, 3, text));
	event.n_sums = 0;
	CHECK(hist_triggers(&event) == 1 && hist_trigger(&event, 0, text));
	EQUAL(text, "hist:keys=a:size=512");
}

/* Two triggers of one event, one of another; a negative key; a full table. */
static const char hist[] =
	"# event histogram\n#\n# trigger info: hist:keys=map_id,err:.. [active]\n"
	"#\n\n"
	"{ map_id:         18, err: 18446744073709551588 } hitcount:        621"
	"  processed:        680  drops:          2\n"
	"{ map_id:         19, err:          0 } hitcount:          4"
	"  processed:         32  drops:          0\n"
	"\nTotals:\n    Hits: 625\n    Entries: 2\n    Dropped: 5\n"
	"# event histogram\n#\n# trigger info: hist:keys=map_id:vals=hitcount,"
	"drops:sort=hitcount:size=512 [active]\n#\n\n"
	"{ map_id:         18 } hitcount:        621  drops:         77\n"
	"\nTotals:\n    Hits: 621\n    Entries: 1\n    Dropped: 3\n"
	"# event histogram\n#\n# trigger info: hist:keys=map_id,err:vals=.. "
	"[active]\n#\n\n"
	"{ map_id:         18, err: 18446744073709551588 } hitcount:        621"
	"  sched:        605\n"
	"\nTotals:\n    Hits: 621\n    Entries: 1\n    Dropped: 0\n";

static void parse(const struct witness_plan *plan, struct witness_rows *rows)
{
	char text[sizeof(hist)];

	memcpy(text, hist, sizeof(hist));
	hist_parse(text, plan, 0, rows);
}

static void hist_files(void)
{
	struct request rq = {};
	struct witness_rows rows = {}, before = {};
	struct witness_plan plan;

	CHECK(plan_of(&plan, kthread, &rq) == 0);
	parse(&plan, &rows);
	CHECK(rows.n == 2 && rows.lost == 5);
	JSON_EQUAL(witness_rows_json(&plan, &rows, false),
		   "{\"kthread\":[{\"map_id\":18,\"err\":-28,\"events\":621,"
		   "\"processed\":680,\"drops\":2,\"sched\":605,\"batch\":[]},"
		   "{\"map_id\":19,\"err\":0,\"events\":4,\"processed\":32,"
		   "\"drops\":0,\"sched\":0,\"batch\":[]}]}");

	CHECK(witness_rows_copy(&before, &rows));
	before.rows[0].events = 600;
	before.rows[0].sum[0] = 650;
	before.lost = 1;
	witness_rows_subtract(&rows, &before);
	CHECK(rows.lost == 4);
	JSON_EQUAL(witness_rows_json(&plan, &rows, false),
		   "{\"kthread\":[{\"map_id\":18,\"err\":-28,\"events\":21,"
		   "\"processed\":30,\"drops\":0,\"sched\":0,\"batch\":[]}]}");
	witness_rows_free(&rows);
	witness_rows_free(&before);
	witness_plan_free(&plan);
}

static void full(void)
{
	struct witness_rows rows = {};
	long long key[WITNESS_KEYS] = {};

	for (key[0] = 0; key[0] < 5000; key[0]++)
		if (!witness_row(&rows, 0, key))
			break;
	CHECK(key[0] == 4096 && rows.n == 4096);
	key[0] = 4095;
	CHECK(witness_row(&rows, 0, key) == &rows.rows[4095]);
	witness_rows_free(&rows);
}

static const struct test tests[] = {
	{ "what a request lists, and what it must not", plans },
	{ "triggers of two values each, sorted differently", triggers },
	{ "hist files, and what was counted since", hist_files },
	{ "rows are bounded", full },
};

TEST_GROUP(witness);
