/* SPDX-License-Identifier: GPL-2.0 */
/* For BPF programs: recognizes the frames that bpfrig sent. */
#ifndef BPFRIG_FRAME_H
#define BPFRIG_FRAME_H

static __always_inline bool frame_is_ours(const struct bpfrig_frame *frame)
{
	return frame->ethertype == bpf_htons(ETH_P_IP) &&
	       frame->version_ihl == 0x45 &&
	       frame->protocol == IPPROTO_UDP &&
	       frame->dst_port == bpf_htons(BPFRIG_PORT) &&
	       frame->magic == bpf_htonl(BPFRIG_MAGIC);
}

#endif /* BPFRIG_FRAME_H */
