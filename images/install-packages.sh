#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that bpfrig needs and this host lacks, as root or with sudo. With --tests, also those of its own tests. Other words are those of
# bpfrig's command line: a kernel of another architecture (arm64, 6.12/arm64) needs more packages, and so does one that is built (tree:DIR).
set -eu

# For: guests, unpacking kernels, building the agent and BPF objects, the programs in the guest, verifying packages.
qemus=qemu-system-x86
packages="xz-utils zstd lz4 clang llvm bpftool gcc make libc6-dev libelf-dev zlib1g-dev libjansson-dev
busybox-static dash dropbear-bin iproute2 ethtool kmod util-linux debian-archive-keyring"

for word; do
	case "$word" in
	--tests)
		packages="$packages libbpf-dev chromium libxml2-utils shellcheck yamllint git perl zsh fish gcc-aarch64-linux-gnu"
		qemus="$qemus qemu-system-arm"
		;;
	tree:* | --kernel=tree:*) packages="$packages flex bison bc libssl-dev dwarves git" ;;
	arm64 | */arm64 | --arch=arm64) packages="$packages gcc-aarch64-linux-gnu" qemus="$qemus qemu-system-arm" ;;
	s390x | */s390x | --arch=s390x) packages="$packages gcc-s390x-linux-gnu" qemus="$qemus qemu-system-s390x" ;;
	riscv64 | */riscv64 | --arch=riscv64)
		packages="$packages gcc-riscv64-linux-gnu" qemus="$qemus qemu-system-riscv"
		# GNU ld of Debian 12 does not link Debian 13's libraries of riscv64: harness/image/linker.ts.
		! grep -q '^VERSION_CODENAME=bookworm$' /etc/os-release || packages="$packages lld-19"
		;;
	esac
done

# $@: options of apt-get, and packages
apt_install() {
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# Without KVM, the CPUs of a guest can run in parallel since QEMU 8.1. If Debian's QEMU is older, Debian's backports may have a newer one.
# apt uses the backports only for this package; the machine's sources are not changed. If they have none, the older QEMU is installed.
install_newer_qemu() {
	grep -q '^ID=debian$' /etc/os-release || return 0
	! grep -qE '^flags.* (vmx|svm)( |$)' /proc/cpuinfo || return 0
	# Each by itself: one that is installed already may be that of the backports.
	# shellcheck disable=SC2086 # a list of words
	for candidate in $(LC_ALL=C apt-cache policy $qemus_missing | sed -n 's/^ *Candidate: //p'); do
		[ "$candidate" != '(none)' ] && dpkg --compare-versions "$candidate" ge 1:8.1 || old=yes
	done
	[ -n "${old:-}" ] || return 0
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	# shellcheck disable=SC2016 # a variable of apt, not of the shell
	archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $codename" | head -n 1)
	[ -n "$archive" ] || return 0
	sources=$(mktemp --suffix .list)
	[ ! -e /etc/apt/sources.list ] || cat /etc/apt/sources.list >"$sources"
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	echo "deb [signed-by=$keyring] $archive $codename-backports main" >>"$sources"
	if $sudo apt-get -o Dir::Etc::SourceList="$sources" update -qq --error-on=any >&2; then
		# shellcheck disable=SC2086 # a list of words
		apt_install -o Dir::Etc::SourceList="$sources" -t "$codename-backports" $qemus_missing || true
	fi
	rm -f "$sources"
}

# Ubuntu before 25.04 has bpftool in the tools of its kernels: harness/image/host-programs.ts finds it there.
linux_tools=$(find /usr/lib/linux-tools -maxdepth 2 -name bpftool 2>/dev/null | head -n 1)
# Debian 12 has QEMU for s390x and riscv64 in one package, whose name is another one's in its backports.
qemu_of_release() {
	LC_ALL=C apt-cache policy "$1" | grep -q '^  Candidate: [^(]' && echo "$1" || echo qemu-system-misc
}

missing=''
qemus_missing=''
for package in $qemus $packages; do
	if [ "$package" = bpftool ] && [ -n "$linux_tools" ]; then continue; fi
	dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -q '^installed$' && continue
	case "$package" in
	qemu-system-*) qemus_missing="$qemus_missing $package" ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing$qemus_missing" ] || exit 0
sudo=''
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || { echo "bpfrig: --setup needs root or sudo to install:$missing$qemus_missing" >&2; exit 3; }
	sudo=sudo
fi
echo "bpfrig: installing as root${sudo:+, with sudo}:$missing$qemus_missing" >&2
$sudo apt-get update -qq >&2
# A package that these sources do not have.
absent=''
others=''
for package in $missing; do
	LC_ALL=C apt-cache policy "$package" | grep -q '^  Candidate: [^(]' || absent="$absent $package"
	others="$others $package"
done
if grep -q '^ID=ubuntu$' /etc/os-release && [ "$absent" = ' bpftool' ]; then
	others="${others%bpftool*}linux-tools-common linux-tools-generic${others#*bpftool}"
elif [ -n "$absent" ]; then
	echo "bpfrig: apt has no package$absent: are the sources of this machine complete? Debian has them in main, Ubuntu in main and universe" >&2
	exit 3
fi
# shellcheck disable=SC2086 # a list of words
apt_install $others
# QEMU last: that of the backports would bring newer libraries, such as libelf1, with which Debian's own libelf-dev cannot be installed.
if [ -n "$qemus_missing" ]; then
	install_newer_qemu
	for package in $qemus_missing; do
		dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -q '^installed$' || apt_install "$(qemu_of_release "$package")"
	done
fi
