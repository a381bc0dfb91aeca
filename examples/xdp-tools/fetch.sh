#!/bin/sh
# Unpacks Debian's xdp-tools of another suite than the host's, and the libraries that they are linked to, into tools/ of this folder:
#
#   examples/xdp-tools/fetch.sh [SUITE]
#
# The default is sid, which has 1.6.3. What Debian 12 (1.3.1) and 13 (1.5.4) have needs the tracepoint xdp_redirect_map_err, which kernels from
# 6.17 on do not have. Nothing is installed, and the sources of apt are not changed.
set -eu

suite=${1:-sid}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
# shellcheck disable=SC2016 # a variable of apt, not of the shell
archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $codename" | head -n 1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive $suite main" >sources.list
mkdir -p lists/partial cache/archives/partial

apt_get() {
	apt-get -qq -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::lists="$work/lists" \
		-o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
}

apt_get update
for package in xdp-tools libxdp1 libbpf1 libelf1t64 zlib1g libzstd1 libc6; do
	apt_get download "$package/$suite"
done
for package in *.deb; do
	dpkg-deb -x "$package" root
done

libraries=root/usr/lib/x86_64-linux-gnu
rm -rf "$here/tools"
mkdir -p "$here/tools/lib"
cp root/usr/sbin/xdp-bench root/usr/sbin/xdp-loader "$here/tools"
cp -r "$libraries/bpf" "$here/tools"
for library in ld-linux-x86-64.so.2 libc.so.6 libm.so.6 libbpf.so.1 libelf.so.1 libz.so.1 libzstd.so.1; do
	cp -L "$libraries/$library" "$here/tools/lib"
done
dpkg-deb -f xdp-tools_*.deb Package Version
