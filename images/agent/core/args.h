/* SPDX-License-Identifier: GPL-2.0 */
/* The arguments of a request as a table: name, type, range, destination. */
#ifndef CORE_ARGS_H
#define CORE_ARGS_H

#include "core/request.h"

enum arg_type {
	ARG_TYPE_INT,		/* long long */
	ARG_TYPE_STR,		/* const char *, NULL when absent */
	ARG_TYPE_BOOL,		/* bool */
	ARG_TYPE_HEX,		/* struct bytes, freed after the op */
	ARG_TYPE_OBJECT,	/* json_t *, borrowed, NULL when absent */
	ARG_TYPE_ARRAY,		/* json_t *, borrowed, NULL when absent */
	ARG_TYPE_ANY,		/* as parse() takes it */
};

struct bytes {
	uint8_t *data;		/* NULL when absent */
	size_t len;
};

struct arg {
	const char *name;
	enum arg_type type;
	bool required;
	size_t offset;		/* of the destination in the op's struct */
	long long min;		/* of an integer */
	long long max;
	/*
	 * Instead of the type's own conversion: stores the value at to, or
	 * records a fault that names the argument. The value has the type.
	 */
	int (*parse)(struct request *rq, const struct arg *arg, json_t *value,
		     void *to);
	const char *const *words;	/* for arg_word(), NULL at the end */
};

/* The offset of a member, which must be of this type. */
#define ARG_OFFSET(owner, member, type)				\
	(offsetof(owner, member) +				\
	 0 * sizeof(*(1 ? &((owner *)0)->member : (type *)0)))

#define ARG_OF(kind, owner, member, dest, ...)			\
	{ .name = #member, .type = kind,			\
	  .offset = ARG_OFFSET(owner, member, dest), __VA_ARGS__ }

#define ARG_INT(owner, member, low, high, ...)			\
	ARG_OF(ARG_TYPE_INT, owner, member, long long, .min = (low),	\
	       .max = (high), __VA_ARGS__)
#define ARG_STR(owner, member, ...) \
	ARG_OF(ARG_TYPE_STR, owner, member, const char *, __VA_ARGS__)
#define ARG_BOOL(owner, member, ...) \
	ARG_OF(ARG_TYPE_BOOL, owner, member, bool, __VA_ARGS__)
#define ARG_HEX(owner, member, ...) \
	ARG_OF(ARG_TYPE_HEX, owner, member, struct bytes, __VA_ARGS__)
#define ARG_OBJECT(owner, member, ...) \
	ARG_OF(ARG_TYPE_OBJECT, owner, member, json_t *, __VA_ARGS__)
#define ARG_ARRAY(owner, member, ...) \
	ARG_OF(ARG_TYPE_ARRAY, owner, member, json_t *, __VA_ARGS__)
/* One of a list of words: its index becomes the member. */
#define ARG_WORD(owner, member, list, ...)			\
	ARG_OF(ARG_TYPE_STR, owner, member, int, .parse = arg_word,	\
	       .words = (list), __VA_ARGS__)
/* A list of strings, checked, as JSON. */
#define ARG_STRINGS(owner, member, ...) \
	ARG_ARRAY(owner, member, .parse = arg_strings, __VA_ARGS__)

#define REQUIRED .required = true

int arg_word(struct request *rq, const struct arg *arg, json_t *value,
	     void *to);
int arg_strings(struct request *rq, const struct arg *arg, json_t *value,
		void *to);

/*
 * Fills the struct at to from rq->args. A missing argument, a wrong type and
 * a value out of range are request faults that name the argument; null and
 * absent are the same. args_free() must follow, also after a fault.
 */
int args_parse(struct request *rq, const struct arg *args, size_t n, void *to);
void args_free(const struct arg *args, size_t n, void *to);

/* A type as describe prints it: "int", "string", .. */
const char *arg_type_name(enum arg_type type);

#endif /* CORE_ARGS_H */
