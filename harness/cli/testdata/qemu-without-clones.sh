#!/bin/sh
# A QEMU that boots guests and saves them, and cannot take a saved one.
for arg in "$@"; do
	if [ "$arg" = -incoming ]; then
		echo 'this QEMU takes no saved guests' >&2
		exit 1
	fi
done
exec qemu-system-x86_64 "$@"
