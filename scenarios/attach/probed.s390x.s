# SPDX-License-Identifier: GPL-2.0
# As probed.x86_64.s, for s390x.
	.globl	_start
_start:
	lghi	%r6, 3
probe:	nop	0
	brctg	%r6, probe
	lghi	%r1, 1			# exit(0)
	lghi	%r2, 0
	svc	0

	.section .note.stapsdt, "", @note
	.balign	4
	.4byte	2f - 1f, 4f - 3f, 3	# sizes of name and content, type
1:	.asciz	"stapsdt"
2:	.balign	4
3:	.8byte	probe
	.8byte	base
	.8byte	0			# no semaphore
	.asciz	"bpfrig"
	.asciz	"tick"
	.asciz	"-4@%r6"		# 4 bytes, signed
4:	.balign	4

	.section .stapsdt.base, "a"
base:	.space	1
