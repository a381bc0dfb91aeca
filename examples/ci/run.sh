#!/bin/sh
# Runs bpfrig in a CI. All parameters are environment variables, so that no text of a pull request or of a form is interpreted as
# shell code:
#   BPFRIG_HOME      bpfrig's checkout
#   BPFRIG_OUT       folder of the run
#   BPFRIG_PATHS     scenario files or folders, one per line; empty: bpfrig's own suite
#   BPFRIG_KERNELS   kernels, one per line (6.12, path:./bzImage); empty: the default kernels
#   BPFRIG_VARIANTS  axis=value, one per line
#   BPFRIG_ARGS      other arguments of `bpfrig run`, one per line
#   BPFRIG_SHARD     i/n, if the run is one of n shards. The merge then decides; a shard fails only if it has no results to merge
# The action (action.yml) uses it. Elsewhere, call bpfrig itself.
set -eu

: "${BPFRIG_HOME:?the folder of bpfrig}" "${BPFRIG_OUT:?the folder of the results}"

# Adds the lines of $1 to the arguments in the file $list, each after $2 if that is not empty.
list=$(mktemp)
add() {
	printf '%s\n' "$1" | while IFS= read -r line; do
		[ -n "$line" ] || continue
		[ -z "$2" ] || printf '%s\n' "$2"
		printf '%s\n' "$line"
	done >>"$list"
}
add "${BPFRIG_KERNELS:-}" --kernel
add "${BPFRIG_VARIANTS:-}" --variant
add "${BPFRIG_SHARD:-}" --shard
[ -z "${BPFRIG_SHARD:-}" ] || add --verdict-later ''
add "${BPFRIG_ARGS:-}" ''
# After --, nothing is an option, so that a path can have any name.
echo -- >>"$list"
add "${BPFRIG_PATHS:-}" ''

set -- run --setup --out "$BPFRIG_OUT"
while IFS= read -r word; do
	set -- "$@" "$word"
done <"$list"
rm "$list"

exec "$BPFRIG_HOME/bpfrig" "$@"
