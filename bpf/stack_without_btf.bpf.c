// SPDX-License-Identifier: GPL-2.0
/* The classifier for kernels without BTF: see OF_SKB. */
#define WITHOUT_BTF
#include "stack.bpf.c"
