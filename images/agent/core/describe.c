// SPDX-License-Identifier: GPL-2.0
/* The ops and their arguments as JSON, for the orchestrator's tests. */
#include "core/describe.h"
#include "core/modules.h"

static json_t *arg_json(const struct arg *arg)
{
	json_t *json = json_pack("{s:s,s:s,s:b}", "name", arg->name, "type",
				 arg_type_name(arg->type), "required",
				 arg->required);

	if (arg->type == ARG_TYPE_INT) {
		json_object_set_new(json, "min", json_integer(arg->min));
		json_object_set_new(json, "max", json_integer(arg->max));
	}
	return json;
}

static json_t *op_json(const struct op *op)
{
	json_t *args = json_array();
	size_t i;

	for (i = 0; i < op->n_args; i++)
		json_array_append_new(args, arg_json(&op->args[i]));
	if (op->takes_caps)
		json_array_append_new(args, json_pack(
			"{s:s,s:s,s:b}", "name", "caps", "type", "array",
			"required", 0));
	return json_pack("{s:s,s:o}", "op", op->name, "args", args);
}

json_t *description(void)
{
	json_t *ops = json_array(), *answer;
	const struct op *op;
	size_t i;

	for (i = 0; (op = op_number(i)); i++)
		json_array_append_new(ops, op_json(op));
	answer = json_pack("{s:o}", "ops", ops);
	modules_describe(answer);
	return answer;
}
