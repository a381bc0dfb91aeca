// SPDX-License-Identifier: GPL-2.0
/* What pktgen's files show: texts of 5.10 and 6.12. */
#include "net/pktgen.h"
#include "test/test.h"

static const char ended[] =
	"Params: count 640  min_pkt_size: 64  max_pkt_size: 64\n"
	"Current:\n     pkts-sofar: 640  errors: 3\n"
	"     started: 12us  stopped: 34us idle: 490us\n"
	"Result: OK: 425023(c424533+d490) usec, 640 (64byte,0frags)\n"
	"  1505pps 0Mb/sec (770560bps) errors: 3\n";
static const char configured[] =
	"Current:\n     pkts-sofar: 0  errors: 0\nResult: OK: count=640\n";
static const char refused[] =
	"Current:\n     pkts-sofar: 5  errors: 0\n"
	"Result: Flag -:!SHARED:- unknown\n";

static bool has_ended(const char *text)
{
	char line[128];

	pktgen_result_line(text, line, sizeof(line));
	return pktgen_has_ended(line);
}

static void results(void)
{
	char line[128];

	pktgen_result_line(ended, line, sizeof(line));
	EQUAL(line, "OK: 425023(c424533+d490) usec, 640 (64byte,0frags)");
	pktgen_result_line(refused, line, sizeof(line));
	EQUAL(line, "Flag -:!SHARED:- unknown");
	pktgen_result_line("Current:\n", line, sizeof(line));
	EQUAL(line, "");
	CHECK(has_ended(ended));
	CHECK(!has_ended(configured));
	CHECK(!has_ended(refused));
	CHECK(!has_ended("Result: OK: 5(d5)\n"));
	CHECK(!has_ended(""));
}

static void sums(void)
{
	struct pktgen_sum sum = {};

	CHECK(pktgen_add_result(ended, &sum));
	CHECK(pktgen_add_result(ended, &sum));
	CHECK(sum.sent == 1280 && sum.errors == 6 && sum.pps == 3010);
	CHECK(sum.usec == 425023);
	EQUAL(sum.text, "OK: 425023(c424533+d490) usec, 640 (64byte,0frags)"
			"   1505pps 0Mb/sec (770560bps) errors: 3 ");
	CHECK(!pktgen_add_result(refused, &sum));
	CHECK(sum.sent == 1285 && sum.usec == 425023);
	CHECK(!pktgen_add_result("", &sum));
}

static void devices(void)
{
	CHECK(!pktgen_has_devices("Running: \n\nStopped: \nResult: NA\n"));
	CHECK(pktgen_has_devices("Running: \n\nStopped: tx@0 \nResult: OK\n"));
	CHECK(pktgen_has_devices("Running: tx@0 \n\nStopped: \nResult: OK\n"));
}

static const struct test tests[] = {
	{ "the result line, and whether a run has ended", results },
	{ "figures are added over the devices", sums },
	{ "which threads have devices", devices },
};

TEST_GROUP(pktgen);
