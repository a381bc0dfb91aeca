#!/bin/sh
# Runs the XDP tests of a kernel's own test_progs, each in a guest of its own, on several kernels.
#
#   examples/kernel-selftests/run.sh BUILD/tools/testing/selftests/bpf --kernel 6.12 --kernel 7.3
#
# The folder is one in which `make test_progs` has run, by build.sh or in any kernel tree. What follows it goes to `bpfrig run`, and so does its
# exit code. On the host: the Debian packages nftables, iptables, procps and dash.
set -eu

selftests=${1:?usage: $0 SELFTESTS [OPTION OF BPFRIG RUN...]}
shift
here=$(cd "$(dirname "$0")" && pwd)
built=$here/built

for file in test_progs xdp_synproxy xdp_dummy.bpf.o; do
	[ -e "$selftests/$file" ] || { echo "$0: there is no $selftests/$file; build.sh builds it" >&2; exit 3; }
done

# What the guest gets. Debug information of the programs is of no use there; that of the objects has the types.
rm -rf "$built"
mkdir "$built"
strip -o "$built/test_progs" "$selftests/test_progs"
strip -o "$built/xdp_synproxy" "$selftests/xdp_synproxy"
mkdir "$built/bpf"
mv "$built/xdp_synproxy" "$built/bpf/"
cp "$selftests"/*.bpf.o "$built/bpf/"
cp -r "$(dirname "$(find /usr/lib -name libxt_SYNPROXY.so | head -n 1)")" "$built/xtables"

exec "$here/../../bpfrig" run "$here/list.yaml" "$here/xdp.yaml" "$@"
