// SPDX-License-Identifier: GPL-2.0
/* One small program for each way to look into the kernel; each counts its runs. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>


__u64 runs;
__u64 more;

static __always_inline int count(__u64 *sum)
{
	__sync_fetch_and_add(sum, 1);
	return 0;
}

/* Whether the running process is the one that a scenario starts for this. */
static __always_inline bool is_probe(void)
{
	char comm[16];

	bpf_get_current_comm(comm, sizeof(comm));
	return comm[0] == 'c' && comm[1] == 'a' && comm[2] == 't' &&
	       !comm[3];
}

static __always_inline int count_probe(__u64 *sum)
{
	return is_probe() ? count(sum) : 0;
}

SEC("kprobe/security_file_open")
int on_open(struct pt_regs *ctx)
{
	return count(&runs);
}

SEC("kretprobe/security_file_open")
int on_open_return(struct pt_regs *ctx)
{
	return count(&more);
}

SEC("kprobe.multi/security_file_*")
int on_opens(struct pt_regs *ctx)
{
	return count(&runs);
}

SEC("uprobe")
int on_function(struct pt_regs *ctx)
{
	return count(&runs);
}

SEC("uprobe/libc.so.6:malloc")
int on_malloc(struct pt_regs *ctx)
{
	return count(&runs);
}

/* Functions of sockets: the first that is called, and the others. */
SEC("uprobe.multi/libc.so.6:*sock*")
int on_socks(struct pt_regs *ctx)
{
	static __u64 first;
	__u64 here = bpf_get_func_ip(ctx);

	if (!first)
		first = here;
	return count(here == first ? &runs : &more);
}

SEC("fentry/security_file_open")
int BPF_PROG(open_enter)
{
	return count_probe(&runs);
}

SEC("fexit/security_file_open")
int BPF_PROG(open_exit)
{
	return count_probe(&more);
}

/* What it returns is returned instead of the function: it is not called. */
SEC("fmod_ret/security_file_open")
int BPF_PROG(open_refuse, struct file *file, int ret)
{
	if (!is_probe())
		return 0;
	count(&runs);
	return -13;		/* EACCES */
}

SEC("lsm/file_open")
int BPF_PROG(lsm_refuse, struct file *file, int ret)
{
	if (ret || !is_probe())
		return ret;
	count(&runs);
	return -13;
}

/* 0 refuses, and the hook returns EPERM. */
SEC("lsm_cgroup/socket_bind")
int BPF_PROG(bind_refuse, struct socket *sock)
{
	count(&runs);
	return 0;
}

SEC("tracepoint/sched/sched_process_exec")
int tp_exec(void *ctx)
{
	return count_probe(&runs);
}

SEC("raw_tracepoint/sched_process_exec")
int raw_exec(void *ctx)
{
	return count_probe(&runs);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(btf_exec)
{
	return count_probe(&runs);
}

SEC("perf_event")
int on_clock(void *ctx)
{
	return count(&runs);
}

SEC("iter/bpf_map")
int list_maps(struct bpf_iter__bpf_map *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct bpf_map *map = ctx->map;
	static const char format[] = "map %u\n";
	__u64 id;

	if (!map)
		return 0;
	count(&runs);
	id = map->id;
	bpf_seq_printf(seq, format, sizeof(format), &id, sizeof(id));
	return 0;
}

/* Whatever is delivered to this host by ICMP. */
SEC("netfilter")
int nf_count(struct bpf_nf_ctx *ctx)
{
	count(&runs);
	return 1;		/* NF_ACCEPT */
}

char _license[] SEC("license") = "GPL";
