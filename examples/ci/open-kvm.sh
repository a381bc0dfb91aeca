#!/bin/sh
# Makes /dev/kvm accessible to this user, if the machine has it. Without it guests are emulated, which is slower but counts the same.
set -eu

if [ ! -e /dev/kvm ] && [ "$(id -u)" -eq 0 ]; then
	# A container that may use the device (docker's --device-cgroup-rule "c 10:232 rwm") still has to make it. Where the machine has none,
	# it does not open, and guests are emulated.
	mknod -m 666 /dev/kvm c 10 232 2>/dev/null || true
fi
if [ ! -e /dev/kvm ]; then
	echo 'no /dev/kvm: guests will be emulated'
elif [ -w /dev/kvm ]; then
	echo '/dev/kvm is accessible'
elif [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null; then
	sudo=sudo
	[ "$(id -u)" -ne 0 ] || sudo=''
	$sudo chmod a+rw /dev/kvm && echo 'made /dev/kvm accessible'
else
	echo '/dev/kvm is not accessible to this user: guests will be emulated'
fi
