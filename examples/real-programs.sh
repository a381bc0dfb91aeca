#!/bin/sh
# Loads every BPF object of somebody else's source tree on every kernel, and keeps the table, the figures and the verifier's logs.
#
#   apt-get source xdp-tools
#   examples/real-programs.sh xdp-tools-*/ --kernel all
#
# A tree without objects is built first: with ./configure where it has one, and make. What follows the tree goes to `bpfrig load`, and
# so does its exit code. RESULTS is the folder for what is kept; the default is real-programs/NAME.
set -eu

tree=${1:?usage: $0 TREE [OPTION OF BPFRIG LOAD...]}
shift
bpfrig=$(dirname "$0")/../bpfrig
name=$(basename "$(cd "$tree" && pwd)")
results=${RESULTS:-real-programs/$name}

# EM_BPF is 247, the 19th byte of an ELF header.
has_objects() {
	find "$tree" -name '*.o' -type f -exec od -An -tu1 -j18 -N1 {} \; | grep '^ *247$' >/dev/null
}

if ! has_objects; then
	if [ -x "$tree/configure" ]; then (cd "$tree" && ./configure); fi
	# What does not build for want of a library is not loaded; the rest is.
	make -k -C "$tree" || true
fi

mkdir -p "$results"
code=0
"$bpfrig" load "$tree" "$@" --json "$results/load.json" --log-dir "$results/logs" >"$results/table.txt" || code=$?
cat "$results/table.txt"
exit "$code"
