#!/bin/sh
# Merges all shards into one run with one set of reports. It is red if a cell is red or has no verdict, or if a shard is missing.
#   BPFRIG_HOME      bpfrig's checkout
#   BPFRIG_SHARDS    folder that contains the shards' folders
#   BPFRIG_OUT       folder of the merged run
#   BPFRIG_BASELINE  folder of an earlier run to compare with; empty: no comparison
set -eu

: "${BPFRIG_HOME:?the folder of bpfrig}" "${BPFRIG_SHARDS:?the folder of the shards}" "${BPFRIG_OUT:?the folder of the results}"

set --
for shard in "$BPFRIG_SHARDS"/*/; do
	[ -e "$shard/events.jsonl" ] && set -- "$@" "$shard"
done
if [ $# -eq 0 ]; then
	echo "merge.sh: no shard in $BPFRIG_SHARDS has an events.jsonl" >&2
	exit 3
fi
code=0
"$BPFRIG_HOME/bpfrig" report "$@" --out "$BPFRIG_OUT" --keep-durations || code=$?
if [ -n "${BPFRIG_BASELINE:-}" ]; then
	"$BPFRIG_HOME/bpfrig" compare "$BPFRIG_BASELINE" "$BPFRIG_OUT" || [ "$code" -ne 0 ] || code=$?
fi
exit "$code"
