// SPDX-License-Identifier: GPL-2.0
/* What a program is loaded as: type, attach type and flags. */
#include <net/if.h>
#include <bpf/bpf.h>
#include "bpf_util.h"
#include "load.h"

/* BPF_F_XDP_DEV_BOUND_ONLY, which is younger than the headers. */
#define XDP_DEV_BOUND_ONLY	(1U << 6)

int load_options(struct request *rq, struct bpf_program *prog)
{
	long long type, expected;
	bool frags = false;
	const char *dev;
	int err;

	if (arg_given(rq, "type")) {
		err = arg_enum(rq, "type",
			       (const char *(*)(unsigned int))
			       libbpf_bpf_prog_type_str, &type);
		if (err)
			return err;
		bpf_program__set_type(prog, type);
	}
	if (arg_given(rq, "expected_attach")) {
		err = arg_enum(rq, "expected_attach",
			       (const char *(*)(unsigned int))
			       libbpf_bpf_attach_type_str, &expected);
		if (err)
			return err;
		bpf_program__set_expected_attach_type(prog, expected);
	}
	if (arg_given(rq, "dev_bound")) {
		err = arg_str(rq, "dev_bound", &dev);
		if (err)
			return err;
		bpf_program__set_ifindex(prog, if_nametoindex(dev));
		bpf_program__set_flags(prog, bpf_program__flags(prog) |
						     XDP_DEV_BOUND_ONLY);
	}
	err = arg_opt_bool(rq, "frags", &frags);
	if (!err && frags)
		bpf_program__set_flags(prog, bpf_program__flags(prog) |
						     BPF_F_XDP_HAS_FRAGS);
	return err;
}
