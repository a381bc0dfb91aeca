// SPDX-License-Identifier: GPL-2.0
/*
 * The program under test: spreads flows over the CPUs of a cpumap by their
 * UDP source port, and drops packets that are not UDP over IPv4. Replace it
 * with your own program.
 *
 * A scenario can set `volatile const` global variables (`config`). Its step
 * `cpumap` of the same name creates the map as it is declared here, and fills
 * it.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

volatile const __u32 first_cpu = 1;
volatile const __u32 n_cpus = 2;

SEC("xdp")
int spread(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > data_end)
		return XDP_DROP;
	if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_UDP || !n_cpus)
		return XDP_DROP;
	return bpf_redirect_map(&cpus, first_cpu +
				bpf_ntohs(udp->source) % n_cpus, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
