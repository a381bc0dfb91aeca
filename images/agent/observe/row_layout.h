/* SPDX-License-Identifier: GPL-2.0 */
/* A struct of a BPF object as a JSON row, by its BTF. */
#ifndef OBSERVE_ROW_LAYOUT_H
#define OBSERVE_ROW_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <bpf/btf.h>
#include <jansson.h>

struct row_field {
	const char *name;	/* the BTF's own string */
	__u32 offset;		/* in bytes */
	__u32 size;		/* of one number: 1, 2, 4 or 8 bytes */
	bool is_signed;
	__u32 count;		/* of an array, which becomes a list; else 0 */
};

struct row_layout {
	struct row_field *fields;
	size_t n_fields;
	size_t size;		/* of the struct */
};

/*
 * Learns a struct of numbers and arrays of numbers. Returns 0, -EINVAL when it
 * has any other member, or -ENOMEM. The BTF must outlive the layout.
 */
int row_layout_init(struct row_layout *layout, const struct btf *btf,
		    __u32 type);
void row_layout_free(struct row_layout *layout);

/* Adds the members of the struct at bytes to an object. */
void row_add(json_t *row, const struct row_layout *layout, const void *bytes);

/* The member of a struct or union by its name, NULL when there is none. */
const struct btf_member *btf_member_named(const struct btf *btf,
					  const struct btf_type *type,
					  const char *name);
/* The type without typedefs and qualifiers. */
const struct btf_type *btf_plain_type(const struct btf *btf, __u32 type);

#endif /* OBSERVE_ROW_LAYOUT_H */
