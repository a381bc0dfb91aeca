#!/bin/sh
# A loader of somebody's own: loads its object, pins the program, and attaches it to the device that it is called with.
set -e
bpftool prog load /opt/loader.o /sys/fs/bpf/counted type xdp
bpftool net attach xdpdrv pinned /sys/fs/bpf/counted dev "$1"
echo "attached to $1"
