// SPDX-License-Identifier: GPL-2.0
/* A struct of a BPF object as a JSON row, by its BTF. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/number.h"
#include "observe/row_layout.h"

const struct btf_type *btf_plain_type(const struct btf *btf, __u32 type)
{
	const struct btf_type *t = btf__type_by_id(btf, type);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

const struct btf_member *btf_member_named(const struct btf *btf,
					  const struct btf_type *type,
					  const char *name)
{
	const struct btf_member *member = btf_members(type);
	int i;

	for (i = 0; i < btf_vlen(type); i++, member++)
		if (!strcmp(btf__name_by_offset(btf, member->name_off), name))
			return member;
	return NULL;
}

static bool number(const struct btf_type *type, struct row_field *field)
{
	field->size = type->size;
	if (btf_is_int(type))
		field->is_signed = btf_int_encoding(type) & BTF_INT_SIGNED;
	else if (!btf_is_any_enum(type))
		return false;
	return type->size == 1 || type->size == 2 || type->size == 4 ||
	       type->size == 8;
}

static bool field_init(struct row_field *field, const struct btf *btf,
		       const struct btf_type *owner, int i)
{
	const struct btf_member *member = btf_members(owner) + i;
	const struct btf_type *type = btf_plain_type(btf, member->type);

	field->name = btf__name_by_offset(btf, member->name_off);
	field->offset = btf_member_bit_offset(owner, i) / 8;
	if (btf_member_bitfield_size(owner, i) || !type)
		return false;
	if (btf_is_array(type)) {
		field->count = btf_array(type)->nelems;
		type = btf_plain_type(btf, btf_array(type)->type);
	}
	return type && number(type, field);
}

int row_layout_init(struct row_layout *layout, const struct btf *btf,
		    __u32 type)
{
	const struct btf_type *owner = btf_plain_type(btf, type);
	int i;

	*layout = (struct row_layout){};
	if (!owner || !btf_is_struct(owner))
		return -EINVAL;
	layout->size = owner->size;
	layout->n_fields = btf_vlen(owner);
	layout->fields = calloc(layout->n_fields + 1, sizeof(*layout->fields));
	if (!layout->fields)
		return -ENOMEM;
	for (i = 0; i < btf_vlen(owner); i++)
		if (!field_init(&layout->fields[i], btf, owner, i)) {
			row_layout_free(layout);
			return -EINVAL;
		}
	return 0;
}

void row_layout_free(struct row_layout *layout)
{
	free(layout->fields);
	*layout = (struct row_layout){};
}

static json_t *number_json(const struct row_field *field, const void *bytes)
{
	return json_integer(number_at(bytes, field->size, field->is_signed));
}

void row_add(json_t *row, const struct row_layout *layout, const void *bytes)
{
	const struct row_field *field = layout->fields;
	const char *at;
	json_t *list;
	size_t i, k;

	for (i = 0; i < layout->n_fields; i++, field++) {
		at = (const char *)bytes + field->offset;
		if (!field->count) {
			json_object_set_new(row, field->name,
					    number_json(field, at));
			continue;
		}
		list = json_array();
		for (k = 0; k < field->count; k++)
			json_array_append_new(list, number_json(
						      field, at + k *
						      field->size));
		json_object_set_new(row, field->name, list);
	}
}
