#!/bin/sh
# Sends traffic through somebody else's programs, unchanged: runs the scenarios of this folder whose objects are in the trees.
#
#   apt-get source xdp-tools
#   examples/real-programs.sh xdp-tools-*/ --kernel all
#   examples/real-programs/run.sh xdp-tools-*/ --kernel all
#
# The trees are built already: by real-programs.sh, or as they say themselves. A scenario names its object as ./objects/NAME; that folder is
# made anew from the trees, and git ignores it. What follows the trees goes to `bpfrig run`, and so does its exit code.
set -eu

usage="usage: $0 TREE... [OPTION OF BPFRIG RUN...]"
here=$(cd "$(dirname "$0")" && pwd)

objects_of() {
	sed -n 's|^objects:.*\./objects/\([^ }]*\).*|\1|p' "$@" | sort -u
}

rm -rf "$here/objects"
mkdir "$here/objects"
trees=0
while [ $# -gt 0 ] && [ -d "$1" ]; do
	for name in $(objects_of "$here"/*.yaml); do
		file=$(find "$1" -name "$name" -type f | head -n 1)
		if [ -n "$file" ]; then cp "$file" "$here/objects/"; fi
	done
	trees=$((trees + 1))
	shift
done
if [ "$trees" -eq 0 ]; then
	echo "$usage" >&2
	exit 2
fi

found=0
for scenario in "$here"/*.yaml; do
	if [ -f "$here/objects/$(objects_of "$scenario")" ]; then
		set -- "$scenario" "$@"
		found=$((found + 1))
	fi
done
if [ "$found" -eq 0 ]; then
	echo "$0: no tree has an object of a scenario: $(objects_of "$here"/*.yaml | tr '\n' ' ')" >&2
	exit 2
fi
exec "$here/../../bpfrig" run "$@"
