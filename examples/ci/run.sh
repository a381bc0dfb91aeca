#!/bin/sh
# Runs bpfrig for a CI. All of its settings come from the environment, so that no text of a pull request or of a form is
# ever read as shell:
#   BPFRIG_HOME      bpfrig's checkout
#   BPFRIG_OUT       the run's folder
#   BPFRIG_PATHS     scenario files or folders, one per line; none: bpfrig's own suite
#   BPFRIG_KERNELS   kernels, one per line (6.12, path:./bzImage); none: the default ones
#   BPFRIG_VARIANTS  axis=value, one per line
#   BPFRIG_ARGS      any other arguments of `bpfrig run`, one per line
#   BPFRIG_SHARD     i/n where the run is one of n; the merge judges then, and a shard ends well unless nothing could be judged by it
set -eu

: "${BPFRIG_HOME:?the folder of bpfrig}" "${BPFRIG_OUT:?the folder of the results}"

# Adds the lines of $1 to the arguments kept in `file`, each behind $2 where there is one.
list=$(mktemp)
trap 'rm -f "$list"' EXIT
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
add "${BPFRIG_ARGS:-}" ''
# Behind this nothing is an option, whatever a path looks like.
echo -- >>"$list"
add "${BPFRIG_PATHS:-}" ''

set -- run --setup --out "$BPFRIG_OUT"
while IFS= read -r word; do
	set -- "$@" "$word"
done <"$list"

code=0
"$BPFRIG_HOME/bpfrig" "$@" || code=$?
if [ -n "${BPFRIG_SHARD:-}" ]; then
	case $code in
	# Red cells, cells that the host spoiled and a shard of nothing but skips are in the results, and the merge says what they come to.
	1 | 3 | 4) [ -s "$BPFRIG_OUT/events.jsonl" ] && code=0 ;;
	esac
fi
exit "$code"
