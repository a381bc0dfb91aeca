#!/bin/sh
# Prints a text that changes when the kernels do: the key of a cache of ~/.cache/bpfrig/kernels. For the action (action.yml).
#   BPFRIG_HOME      bpfrig's checkout
#   BPFRIG_KERNELS   kernels, one per line; empty: the project's, or the default kernels
set -eu

: "${BPFRIG_HOME:?the folder of bpfrig}"

list=$(mktemp)
printf '%s\n' "${BPFRIG_KERNELS:-}" >"$list"
set --
while IFS= read -r spec; do
	[ -z "$spec" ] || set -- "$@" "$spec"
done <"$list"
rm "$list"

exec "$BPFRIG_HOME/bpfrig" kernels key -- "$@"
