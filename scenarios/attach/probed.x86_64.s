# SPDX-License-Identifier: GPL-2.0
# A program with one probe, which it passes three times. This is what DTRACE_PROBE1(bpfrig, tick, left) of <sys/sdt.h> becomes: a nop, and a
# note that says where it is and where its argument is.
	.globl	_start
_start:
	movl	$3, %ebx
again:
probe:	nop
	decl	%ebx
	jnz	again
	movl	$60, %eax		# exit(0)
	xorl	%edi, %edi
	syscall

	.section .note.stapsdt, "", "note"
	.balign	4
	.4byte	2f - 1f, 4f - 3f, 3	# sizes of name and content, type
1:	.asciz	"stapsdt"
2:	.balign	4
3:	.8byte	probe
	.8byte	base
	.8byte	0			# no semaphore
	.asciz	"bpfrig"
	.asciz	"tick"
	.asciz	"-4@%ebx"		# 4 bytes, signed
4:	.balign	4

	.section .stapsdt.base, "a"
base:	.space	1
