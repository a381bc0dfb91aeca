// SPDX-License-Identifier: GPL-2.0
/* Sub-buffers and records of the trace ring buffer. */
#include <string.h>
#include "observe/trace_event.h"
#include "observe/trace_page.h"
#include "test/test.h"

static const char format[] =
	"name: k\nID: 300\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\n\tfield:int map_id;\toffset:8;\tsize:4;\tsigned:1;\n"
	"\tfield:unsigned int drops;\toffset:12;\tsize:4;\tsigned:0;\n"
	"\tfield:unsigned int processed;\toffset:16;\tsize:4;\tsigned:0;\n"
	"\tfield:char name[16];\toffset:20;\tsize:16;\tsigned:0;\n";

static struct witness_plan plan = {
	.n_events = 1,
	.events = { {
		.name = "k", .event = "xdp/k", .n_keys = 1,
		.keys = { "map_id" }, .n_sums = 2,
		.sums = { "processed", "drops" }, .batch = 0,
	} },
};

struct record {
	__u16 type;
	__u8 rest[6];
	__s32 map_id;
	__u32 drops;
	__u32 processed;
};

/* A page: a header of 16 bytes, then events that begin with a word. */
struct page {
	__u8 bytes[4096];
	size_t end;
};

static void put(struct page *page, const void *data, size_t size)
{
	memcpy(page->bytes + page->end, data, size);
	page->end += size;
}

static void word(struct page *page, __u32 value)
{
	put(page, &value, sizeof(value));
}

/* struct ring_buffer_event */
static void head(struct page *page, __u32 type_len, __u32 time_delta)
{
	const struct {
		__u32 type_len : 5;
		__u32 time_delta : 27;
	} head = { type_len, time_delta };

	put(page, &head, sizeof(head));
}

static void event(struct page *page, __u16 type, __s32 map_id,
		  __u32 processed, __u32 drops)
{
	struct record record = { type, {}, map_id, drops, processed };

	head(page, sizeof(record) / 4, 77);
	put(page, &record, sizeof(record));
}

static void finish(struct page *page, __u64 flags)
{
	__u64 commit = (page->end - 16) | flags;

	memcpy(page->bytes + 8, &commit, sizeof(commit));
}

static struct trace_event events[1];
static struct witness_rows rows;

static void add(const __u8 *record, size_t size, void *data)
{
	(void)data;
	trace_event_add(events, &plan, record, size, &rows);
}

static void formats(void)
{
	struct witness_event other = plan.events[0];

	CHECK(!trace_event_init(&events[0], format, &plan.events[0]));
	CHECK(events[0].id == 300);
	CHECK(events[0].keys[0].offset == 8 && events[0].keys[0].is_signed);
	CHECK(events[0].sums[0].offset == 16 && !events[0].sums[0].is_signed);
	other.sums[1] = "sched";
	EQUAL(trace_event_init(&events[0], format, &other), "sched");
	other.sums[1] = "name";		/* not a number */
	EQUAL(trace_event_init(&events[0], format, &other), "name");
	EQUAL(trace_event_init(&events[0], "name: k\n", &other), "ID");
}

static void pages(void)
{
	struct page page = { .end = 16 };
	struct record record = { 300, {}, -3, 0, 9 };

	CHECK(!trace_event_init(&events[0], format, &plan.events[0]));
	event(&page, 300, 5, 8, 1);
	event(&page, 299, 5, 100, 100);		/* another event */
	head(&page, 30, 0);			/* time extend, one word more */
	word(&page, 12345);
	event(&page, 300, 5, 1, 0);
	head(&page, 29, 5);			/* padding of 8 bytes */
	word(&page, 8);
	word(&page, 0);
	word(&page, 0);				/* a long event */
	word(&page, 4 + sizeof(record));
	put(&page, &record, sizeof(record));
	head(&page, 29, 0);			/* nothing more on this page */
	word(&page, 0);
	event(&page, 300, 5, 7, 7);
	finish(&page, 1U << 31);		/* events were missed before */
	trace_page_each(page.bytes, sizeof(page.bytes), add, NULL);
	JSON_EQUAL(witness_rows_json(&plan, &rows, true),
		   "{\"k\":[{\"map_id\":5,\"events\":2,\"processed\":9,"
		   "\"drops\":1,\"batch\":[0,1,0,0,0,0,0,0,1,0,0,0,0,0,0,0,0]},"
		   "{\"map_id\":-3,\"events\":1,\"processed\":9,"
		   "\"drops\":0,\"batch\":[0,0,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0]}]}");
	witness_rows_free(&rows);
}

/* A record that is too short for its fields is not forgotten. */
static void short_records(void)
{
	const struct record record = { 300, {}, 5, 1, 8 };

	CHECK(!trace_event_init(&events[0], format, &plan.events[0]));
	add((const __u8 *)&record, sizeof(record) - 1, NULL);
	CHECK(rows.n == 0 && rows.lost == 1);
	witness_rows_free(&rows);
}

/* Whatever a page holds, nothing outside of it is read: ASan reports it. */
static void broken_pages(void)
{
	struct page page = { .end = 16 };
	size_t len, i;

	event(&page, 300, 5, 8, 1);
	word(&page, 0);
	word(&page, 0xffffff00);		/* longer than the page */
	finish(&page, 0x3ffffff0);
	for (len = 0; len <= page.end; len++) {
		__u8 copy[len + 1];

		memcpy(copy, page.bytes, len);
		trace_page_each(copy, len, add, NULL);
	}
	for (i = 16; i < sizeof(page.bytes); i++)
		page.bytes[i] = i * 7919 >> 3;
	trace_page_each(page.bytes, sizeof(page.bytes), add, NULL);
	CHECK(rows.n <= 1);
	witness_rows_free(&rows);
}

static const struct test tests[] = {
	{ "formats", formats },
	{ "records of a page are summed", pages },
	{ "records that are too short are lost", short_records },
	{ "pages that are cut off or broken", broken_pages },
};

TEST_GROUP(trace);
