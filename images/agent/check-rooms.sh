#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Checks the structure of the agent's sources. Every file is in a room; a room includes only itself and the rooms
# before it in the order of the Makefile's ROOMS; no two files (x.c and x.h count as one) include each other in a circle.
# Usage: check-rooms.sh ROOM... (in that order). Prints what is wrong, and exits 1.
cd "$(dirname "$0")" || exit 2
rooms="$*"
status=0

fail() {
	echo "check-rooms: $*" >&2
	status=1
}

# The position of a room in the order, from 1; nothing for a name that is no room.
position() {
	n=0
	for room in $rooms; do
		n=$((n + 1))
		[ "$room" = "$1" ] && echo $n
	done
}

# test/ is not part of the agent; it may include every room.
for file in $(find . -name test -prune -o -name '*.[ch]' -print | sed 's|^\./||'); do
	[ -n "$(position "${file%%/*}")" ] || fail "$file is in no room ($rooms)"
done

edges=$(grep -Ho '^#include "[^"]*"' $(for room in $rooms; do find "$room" -name '*.[ch]'; done) |
	sed 's/:#include "/ /; s/"$//')
[ -n "$edges" ] || fail 'no includes were found'

pairs=$(mktemp) || exit 2
trap 'rm -f "$pairs"' EXIT
while read -r file included; do
	# bpf/bpfrig.h of the repository, which the BPF programs share.
	[ "$included" = bpfrig.h ] && continue
	[ -e "$included" ] || fail "$file includes \"$included\", which is not ROOM/FILE.h"
	from=$(position "${file%%/*}")
	to=$(position "${included%%/*}")
	[ "${to:-0}" -le "$from" ] || fail "$file includes $included, of a room that is above it"
	[ "${file%.[ch]}" = "${included%.h}" ] || echo "${file%.[ch]} ${included%.h}"
done > "$pairs" <<EOF
$edges
EOF

circle=$(tsort "$pairs" 2>&1 > /dev/null) || fail "these include each other in a circle:
$circle"
exit $status
