// SPDX-License-Identifier: GPL-2.0
// As probed.x86_64.s, for arm64.
	.globl	_start
_start:
	mov	w19, #3
probe:	nop
	subs	w19, w19, #1
	b.ne	probe
	mov	x8, #93			// exit(0)
	mov	x0, #0
	svc	#0

	.section .note.stapsdt, "", %note
	.balign	4
	.4byte	2f - 1f, 4f - 3f, 3	// sizes of name and content, type
1:	.asciz	"stapsdt"
2:	.balign	4
3:	.8byte	probe
	.8byte	base
	.8byte	0			// no semaphore
	.asciz	"bpfrig"
	.asciz	"tick"
	.asciz	"-4@x19"		// 4 bytes, signed
4:	.balign	4

	.section .stapsdt.base, "a"
base:	.space	1
