#!/bin/sh
# In the guest: waits until a member of all values of a map adds up to a number, 10 s at most, and prints the sum: sum.sh MAP MEMBER NUMBER
sum() {
	bpftool -j map dump name "$1" | grep -o "\"$2\":[0-9]*" | awk -F: '{ sum += $2 } END { print sum + 0 }'
}

for _ in $(seq 50); do
	[ "$(sum "$1" "$2")" -lt "$3" ] || break
	sleep 0.2
done
sum "$1" "$2"
