#!/bin/sh
# Opens /dev/kvm for this user where there is one. Without it guests run emulated: slower, and with the same counts.
set -eu

if [ ! -e /dev/kvm ]; then
	echo 'no /dev/kvm: guests will be emulated'
elif [ -w /dev/kvm ]; then
	echo '/dev/kvm is open'
elif [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null; then
	sudo=sudo
	[ "$(id -u)" -ne 0 ] || sudo=''
	$sudo chmod a+rw /dev/kvm && echo 'opened /dev/kvm'
else
	echo '/dev/kvm is closed to this user: guests will be emulated'
fi
