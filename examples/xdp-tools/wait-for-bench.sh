#!/bin/sh
# In the guest: waits until xdp-bench counts. Before that it loads and attaches its programs; then it has a timer, and sleeps until that expires.
counts() {
	grep -q '^State:.S' "/proc/$1/status" || return 1
	for fd in "/proc/$1/fd/"*; do
		case $(readlink "$fd") in *timerfd*) return 0 ;; esac
	done
	return 1
}

until [ -s xdp-bench.pid ]; do sleep 0.1; done
pid=$(cat xdp-bench.pid)
until counts "$pid"; do
	[ -d "/proc/$pid" ] || { echo 'xdp-bench has ended' >&2; exit 1; }
	sleep 0.1
done
