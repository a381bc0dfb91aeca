/* SPDX-License-Identifier: GPL-2.0 */
/* For BPF programs: recognizes the frames that bpfrig sent. */
#ifndef BPFRIG_FRAME_H
#define BPFRIG_FRAME_H

/*
 * A word at the begin of a packet or of its metadata. Where the kernel does not
 * have CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS (riscv64), a program may only load
 * what is aligned, and a packet begins 2 bytes behind a word (NET_IP_ALIGN).
 */
typedef __u32 first_word __attribute__((aligned(2)));

static __always_inline bool frame_is_ours(const struct bpfrig_frame *frame)
{
	return frame->ethertype == bpf_htons(ETH_P_IP) &&
	       frame->version_ihl == 0x45 &&
	       frame->protocol == IPPROTO_UDP &&
	       frame->dst_port == bpf_htons(BPFRIG_PORT) &&
	       frame->magic == bpf_htonl(BPFRIG_MAGIC);
}

#endif /* BPFRIG_FRAME_H */
