#!/bin/sh
# Builds test_progs of a kernel's tools/testing/selftests/bpf, with the tests and BPF programs that one pattern needs.
#
#   apt-get install linux-source-6.12 clang-19 llvm-19 lld-19 libssl-dev pkg-config      # Debian 12; and what `bpfrig --setup` installs
#   tar xf /usr/src/linux-source-6.12.tar.xz
#   examples/kernel-selftests/build.sh linux-source-6.12 BUILD xdp
#
# The kernel tree is not changed: what is needed of it is copied into BUILD, which must not exist yet. Without a pattern everything is built,
# which takes several times as long. All parameters but these are environment variables:
#   CLANG_VERSION  of clang, llc, llvm-strip and lld (default: 19; empty for those without a version in their names)
#   VMLINUX_BTF    a vmlinux, or a copy of /sys/kernel/btf/vmlinux, of a kernel that has all types of that tree. By default it is taken
#                  from a guest with KERNEL
#   KERNEL         as for `bpfrig run --kernel` (default: 6.12)
#   JOBS           of make (default: one per CPU)
# Not built: the modules bpf_testmod, bpf_test_no_cfi and bpf_test_modorder_*, which need the build tree of the kernel under test. test_progs
# says so in its first line. No test of XDP in 6.12 uses them.
set -eu

usage="usage: $0 KERNEL_TREE BUILD [PATTERN]"
tree=$(cd "${1:?$usage}" && pwd)
build=${2:?$usage}
pattern=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
version=${CLANG_VERSION-19}
suffix=${version:+-$version}

mkdir "$build"
build=$(cd "$build" && pwd)
mkdir -p "$build/arch" "$build/kernel"
cp -r "$tree/tools" "$tree/scripts" "$tree/include" "$tree/Makefile" "$build/"
cp -r "$tree/arch/x86" "$build/arch/"
cp -r "$tree/kernel/bpf" "$build/kernel/"

if [ -z "${VMLINUX_BTF:-}" ]; then
	"$here/../../bpfrig" run "$here/btf.yaml" --kernel "${KERNEL:-6.12}" --out "$build/btf"
	VMLINUX_BTF=$(find "$build/btf" -path '*/files/vmlinux' -type f)
fi

cd "$build/tools/testing/selftests/bpf"
if [ -n "$pattern" ]; then
	# A test is in the file with its function. What it needs: skeletons that it includes, objects that it opens, and those that the Makefile
	# links for other tests, which it does in any case. bpf_verif_scale.c opens the largest ones, in a test for each of them.
	tests=$(grep -lE "^void (serial_)?test_[a-z0-9_]*${pattern}[a-z0-9_]*\(" prog_tests/*.c)
	{
		printf '%s\n' btf_data xdp_synproxy_kern
		find progs -name "*$pattern*.c" -printf '%f\n' | sed 's/\.c$//'
		# shellcheck disable=SC2086 # a list of files
		grep -ohE '#include "[a-z0-9_]+\.(l|sub)?skel\.h"' $tests | sed -E 's/.*"([a-z0-9_]+)\..*/\1/'
		echo "$tests" | grep -v bpf_verif_scale | xargs grep -ohE '[a-z0-9_]+\.bpf\.o' | sed 's/\.bpf\.o//'
		sed -n '/^LSKELS :=/,/^SKEL_BLACK/p;/skel.h-deps :=/p' Makefile | grep -oE '[a-z0-9_]+\.(c|bpf\.o)' | sed -E 's/\.(c|bpf\.o)$//'
	} | sort -u >needed
	for file in prog_tests/*.c; do
		echo "$tests" | grep -qxF "$file" || rm "$file"
	done
	for file in progs/*.c; do
		grep -qxF "$(basename "$file" .c)" needed || rm "$file"
	done
fi

out=$PWD
make -j"${JOBS:-$(nproc)}" CLANG="clang$suffix" LLC="llc$suffix" LLVM_STRIP="llvm-strip$suffix" LLD="lld$suffix" \
	LLVM_CONFIG=false feature-llvm=0 PCAP_CFLAGS= PCAP_LIBS= VMLINUX_BTF="$VMLINUX_BTF" \
	TRUNNER_EXTRA_FILES="$out/xdp_synproxy $out/urandom_read $out/liburandom_read.so $out/sign-file $out/uprobe_multi" test_progs
