# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What build-kernel and build-image share: where results are kept, how they are named and made.
# A result is a file named after the hash of everything it was built from; it appears complete or not at all.

# shellcheck disable=SC2034 # used by those who source this
lab_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lab_cache=${VIRT_SANDBOX_LAB_CACHE:-/var/cache/virt-sandbox-lab}

lab_say() {
	printf 'lab: %s\n' "$*" >&2
}

lab_die() {
	lab_say "$@"
	exit 1
}

# Hash of the files given as arguments and of standard input (versions, lists), 16 hexadecimal digits.
lab_hash() {
	{ cat -- "$@" && cat; } | sha256sum | cut -c1-16
}

# The lines of sources.list for release $1 of Debian, from where this machine's apt gets its own release, Debian 12.
lab_sources() {
	apt-get indextargets --format "\$(ORIGIN)|deb \$(REPO_URI) \$(RELEASE) \$(COMPONENT)" 'Identifier: Packages' |
		sed -n 's/^Debian|//p' | sort -u | grep -E ' bookworm(-updates|-security)? main$' | sed "s/ bookworm/ $1/"
}

# This machine's way to its mirror, as lines of apt.conf.
lab_network_options() {
	apt-config dump | sed -n -E 's/^(Acquire::(http|https|ftp|Retries|Check-|.*Timeout)[^ ]*) "(.+)";$/\1 "\3";/p'
}

# lab_cached RESULT FUNCTION: print RESULT; when it is missing, let FUNCTION make it as "$2 OUTPUT" in an empty
# working directory. Builders that start together wait for the first one.
lab_cached() {
	local result=$1 build=$2 work lock

	if [ ! -e "$result" ]; then
		mkdir -p "$lab_cache"
		exec {lock}>"$result.lock"
		flock "$lock"
		if [ ! -e "$result" ]; then
			work=$(mktemp -d "$lab_cache/work.XXXXXX")
			chmod 755 "$work" # mmdebstrap drops to _apt, which must pass through
			# A subshell, so that its EXIT trap cleans up whatever stops the build.
			(
				trap 'rm -rf --one-file-system "$work"' EXIT
				cd "$work" || exit
				"$build" "$work/result" >&2
				mv "$work/result" "$result"
			)
		fi
		exec {lock}>&-
	fi
	[ -e "$result" ] || lab_die "$result could not be built"
	printf '%s\n' "$result"
}
