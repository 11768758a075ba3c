# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Machines around Debian trees, as far as namespaces go (tests/survey/guest/world.sh): for tests that need another Debian than this host's. Who sources
# it sets test (its name), source (the project) and here (its folder, which is /survey/in inside); a machine has release, include (packages, by commas), architectures (if it has others), tree, out (its
# /survey/out) and patience (seconds). Trees are kept in VIRT_SANDBOX_LAB_CACHE.

# shellcheck source=cache.sh
. "$(dirname "${BASH_SOURCE[0]}")/cache.sh"
# shellcheck disable=SC2154 # set by who sources this
: "$test" "$here" "$source" "$patience"
machine_world=$(dirname "${BASH_SOURCE[0]}")/../survey/guest/world.sh

say() {
	printf '%s: %s\n' "$test" "$*" >&2
}

# shellcheck disable=SC2154,SC2317 # include is set by who sources this; called by lab_cached
machine_pack_tree() { # RESULT
	say "making a tree of $release with $include (once)"
	lab_sources "$release" >sources.list
	[ -s sources.list ] || lab_die "apt knows no packages of Debian: run apt-get update"
	lab_network_options >network.conf
	# The variant apt has what is essential and apt, and not even mount.
	mmdebstrap --quiet --mode=root --variant=apt --include="$include" ${architectures:+--architectures="$architectures"} --format=tar \
		--aptopt='Acquire::Languages "none"' --aptopt=network.conf --dpkgopt=force-unsafe-io \
		"$release" "$1" sources.list
}

# A fresh tree.
machine_make_tree() {
	local tar

	tar=$(declare -f machine_pack_tree lab_sources lab_network_options | lab_hash - <<<"$include ${architectures:-} $(lab_sources "$release")")
	tar=$(lab_cached "$lab_cache/$test-$release-$tar.tar" machine_pack_tree)
	mkdir "$tree"
	tar -C "$tree" --numeric-owner -xf "$tar"
}

machine_version() {
	sed -n "s/^  version : '\(.*\)',$/\1/p" "$source/meson.build"
}

# The last commit as `meson dist` packs it, at $1.
machine_pack_archive() {
	local build=$1.build

	if ! { meson setup "$build" "$source" && meson dist -C "$build" --no-tests --allow-dirty && mv "$build"/meson-dist/*.tar.xz "$1"; } >"$1.said" 2>&1; then
		cat "$1.said"
		say "meson dist failed"
		return 1
	fi
	rm -rf "$build"
}

# What git knows of the project, as it is in this directory, at $1.
machine_copy_project() {
	mkdir -p "$1"
	git -C "$source" ls-files -z | tar -C "$source" --null --ignore-failed-read -T - -cf - | tar -C "$1" --no-same-owner -xf -
}

# SCRIPT [ARGUMENT...] as the init of a machine, in a network that has nobody else in it. It says all into out/said, and writes out/done when all went
# well. Its cgroup is used once: whatever is left in it is killed.
# shellcheck disable=SC2016 # expanded by the shell that is started
machine_run() {
	local parent=/sys/fs/cgroup/unified

	[ -e "$parent/cgroup.procs" ] || parent=/sys/fs/cgroup
	machine_group=$parent/$test-$$-$release
	mkdir "$machine_group"
	rm -f "$out/done"
	sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$machine_group" \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
		timeout --kill-after=10 "$patience" unshare --mount --net --pid --uts --ipc --cgroup --fork --kill-child \
		sh "$machine_world" "$tree" "$out" "$here" "$@" </dev/null >>"$out/said" 2>&1 || true
	machine_end
	[ -e "$out/done" ] || {
		tail -n 60 "$out/said"
		say "$release: $1 FAILED"
		return 1
	}
}

machine_end() {
	[ -d "${machine_group:-/nonexistent}" ] || return 0
	echo 1 >"$machine_group/cgroup.kill"
	while grep -qx 'populated 1' "$machine_group/cgroup.events"; do sleep 0.05; done
	find "$machine_group" -depth -type d -exec rmdir {} +
}

machine_forget() {
	machine_end
	[ -z "${work:-}" ] || rm -rf --one-file-system "$work"
}

# COMMAND for each release, in a new directory work that is removed after it: an id-mapped mount of it is possible, unlike in a tmpfs of an old kernel.
machine_each() { # COMMAND RELEASE...
	local command=$1 failed=0

	shift
	trap machine_forget EXIT
	for release; do
		work=$(mktemp -d "$lab_cache/$test.XXXXXX")
		chmod 755 "$work"
		out=$work/out tree=$work/tree
		mkdir "$out"
		"$command" || failed=1
		machine_forget
	done
	return "$failed"
}

machine_need() { # TOOL...
	local tool

	for tool in mmdebstrap unshare "$@"; do
		command -v "$tool" >/dev/null || lab_die "$tool is missing: run tools/install-deps build test"
	done
	mkdir -p "$lab_cache"
}
