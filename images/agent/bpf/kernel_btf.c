// SPDX-License-Identifier: GPL-2.0
/* What a kernel without BTF (CONFIG_DEBUG_INFO_BTF) cannot do. */
#include <string.h>
#include <unistd.h>
#include "bpf/kernel_btf.h"

bool kernel_has_btf(void)
{
	return !access("/sys/kernel/btf/vmlinux", F_OK);
}

/* The type without typedefs and qualifiers. */
static const struct btf_type *plain(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

static bool is_xdp_md(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = plain(btf, id);

	if (!type || !btf_is_ptr(type))
		return false;
	type = plain(btf, type->type);
	return type && btf_is_struct(type) &&
	       !strcmp(btf__name_by_offset(btf, type->name_off), "xdp_md");
}

bool is_xdp_prototype(const struct btf *btf, __u32 function_id)
{
	const struct btf_type *type, *result;

	type = function_id ? btf__type_by_id(btf, function_id) : NULL;
	if (!type || !btf_is_func(type))
		return false;
	type = btf__type_by_id(btf, type->type);
	if (!type || !btf_is_func_proto(type) || btf_vlen(type) != 1)
		return false;
	result = plain(btf, type->type);
	return result && (btf_is_int(result) || btf_is_any_enum(result)) &&
	       is_xdp_md(btf, btf_params(type)[0].type);
}
