// SPDX-License-Identifier: GPL-2.0
/* A global variable of every kind of type: values.test.ts writes and reads them. */
#include <linux/bpf.h>
#include <linux/in6.h>
#include <bpf/bpf_helpers.h>

enum action { PASS, DROP = 5, LAST = -1 };
/* clang before 15 keeps 32 bits of a value. */
enum large : unsigned long long { HUGE = 1ull << 31 };

struct tuple {
	__be32 src;
	__u8 mac[6];
	__u16 port;
};

struct rule {
	struct tuple key;
	enum action action;
	union {
		__u32 number;
		struct {
			__u16 low;
			__u16 high;
		};
	};
	__u8 first : 3;
	__u8 second : 5;
	__s16 third : 11;
	__u64 hits[3];
};

/* Each level has twice the parts of the one before. */
union u0 { __u8 a, b; };
union u1 { union u0 a, b; };
union u2 { union u1 a, b; };
union u3 { union u2 a, b; };
union u4 { union u3 a, b; };
union u5 { union u4 a, b; };
union u6 { union u5 a, b; };
union u7 { union u6 a, b; };
union u8 { union u7 a, b; };
union u9 { union u8 a, b; };
union u10 { union u9 a, b; };
union u11 { union u10 a, b; };
union u12 { union u11 a, b; };
union u13 { union u12 a, b; };
union u14 { union u13 a, b; };
union u15 { union u14 a, b; };
union u16 { union u15 a, b; };
union u17 { union u16 a, b; };
union u18 { union u17 a, b; };

__u8 byte = 1;
__s8 small = 1;
__u16 word = 1;
int number = 1;
__u32 plain = 1;
__s64 far = 1;
__u64 wide = 1;
unsigned __int128 widest = 1;
_Bool flag = 1;
double real = 1;
float half = 1;
enum action action = DROP;
enum large large = HUGE;
char comm[16] = "x";
char four[4] = "x";
__u8 address6[16] = { 1 };
struct in6_addr in6 = { { { 1 } } };
__be32 address = 1;
__u8 mac[6] = { 1 };
__u32 grid[2][3] = { { 1 } };
__u8 long_one[5000] = { 1 };
/* values.test.ts compares what the compiler makes of it. */
struct rule rule = {
	.key = { 1, { 2, 3 }, 9000 },
	.action = DROP,
	.low = 1,
	.high = 2,
	.first = 5,
	.second = 17,
	.third = -700,
	.hits = { 1, 2 },
};
union u18 deep = { .a = { 0 } };
void *pointer = &rule;

char LICENSE[] SEC("license") = "GPL";
