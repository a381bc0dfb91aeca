#!/bin/sh
# Makes /dev/kvm accessible to this user, if it exists. Without it guests are emulated, which is slower but counts the same.
set -eu

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
