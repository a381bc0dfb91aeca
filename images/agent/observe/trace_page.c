// SPDX-License-Identifier: GPL-2.0
/* Walks the events of a sub-buffer of the trace ring buffer. */
#include <string.h>
#include "observe/trace_page.h"

/* A u64 timestamp, then a word with the length of the data and two flags. */
#define HEADER_SIZE	16
#define COMMIT_MASK	0x3fffffff	/* without RB_MISSED_EVENTS, _STORED */

/* The type_len of an event: 1 to 28 is a length. */
#define TYPE_LONG	0
#define TYPE_PADDING	29
#define TYPE_EXTEND	30
#define TYPE_STAMP	31

/* An event's first word, as struct ring_buffer_event of the kernel has it. */
struct head {
	__u32 type_len : 5;
	__u32 time_delta : 27;
};

static __u32 word(const __u8 *at)
{
	__u32 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

void trace_page_each(const __u8 *page, size_t len,
		     void (*each)(const __u8 *record, size_t size, void *data),
		     void *data)
{
	const __u8 *at, *end;
	__u64 commit;

	if (len < HEADER_SIZE)
		return;
	memcpy(&commit, page + 8, sizeof(commit));
	commit &= COMMIT_MASK;
	if (commit > len - HEADER_SIZE)
		commit = len - HEADER_SIZE;
	at = page + HEADER_SIZE;
	end = at + commit;
	while (end - at >= 8) {
		__u32 array0 = word(at + 4), type;
		struct head head;
		size_t size;

		memcpy(&head, at, sizeof(head));
		type = head.type_len;
		if (type == TYPE_PADDING && !head.time_delta)
			break;	/* nothing more on this page */
		if (type == TYPE_EXTEND || type == TYPE_STAMP) {
			at += 8;
			continue;
		}
		/* array[0] counts itself, but not the word before it. */
		if (type == TYPE_PADDING || type == TYPE_LONG)
			size = 4 + (size_t)array0;
		else
			size = 4 + 4 * (size_t)type;
		if (size < 8 || size > (size_t)(end - at))
			break;
		if (type == TYPE_LONG)
			each(at + 8, size - 8, data);
		else if (type != TYPE_PADDING)
			each(at + 4, size - 4, data);
		at += size;
	}
}
