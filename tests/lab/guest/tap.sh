# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What a suite says its results with: TAP on standard output. There is no way to skip a check: a suite runs where all of
# it can be checked, and says which machine that is in its head.

tap_count=0
tap_output=$(mktemp)

tap_result() { # 0 or 1, description
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		printf 'ok %d - %s\n' "$tap_count" "$2"
	else
		printf 'not ok %d - %s\n' "$tap_count" "$2"
		head -n 40 "$tap_output" | sed 's/^/#   /'
	fi
}

note() {
	printf '# %s\n' "$*"
}

# check DESCRIPTION COMMAND...: the command succeeds.
check() {
	local description=$1 status=0

	shift
	"$@" >"$tap_output" 2>&1 </dev/null || status=$?
	echo "exit status $status of: $*" >>"$tap_output"
	tap_result $((status != 0)) "$description"
}

# expect DESCRIPTION REGEX COMMAND...: the command succeeds and prints a line that matches.
expect() {
	local description=$1 regex=$2 status=0

	shift 2
	"$@" >"$tap_output" 2>&1 </dev/null || status=$?
	grep -qE -- "$regex" "$tap_output" || status="$status, no line matches $regex"
	echo "exit status $status of: $*" >>"$tap_output"
	[ "$status" = 0 ]
	tap_result $? "$description"
}

# refused DESCRIPTION REGEX COMMAND...: the command fails, and says why in words that match. 125 is no refusal: it is what
# virt-sandbox-service execute ends with when it could not run the command at all.
refused() {
	local description=$1 regex=$2 status=0

	shift 2
	"$@" >"$tap_output" 2>&1 </dev/null || status=$?
	if [ "$status" != 0 ] && [ "$status" != 125 ] && grep -qE -- "$regex" "$tap_output"; then
		tap_result 0 "$description"
	else
		echo "exit status $status, wanted a failure that says $regex, of: $*" >>"$tap_output"
		tap_result 1 "$description"
	fi
}

# exits DESCRIPTION STATUS COMMAND...: for what is stopped without a word.
exits() {
	local description=$1 wanted=$2 status=0

	shift 2
	"$@" >"$tap_output" 2>&1 </dev/null || status=$?
	echo "exit status $status, wanted $wanted, of: $*" >>"$tap_output"
	[ "$status" = "$wanted" ]
	tap_result $? "$description"
}

# equal DESCRIPTION WANTED SEEN
equal() {
	printf 'wanted: %s\nseen:   %s\n' "$2" "$3" >"$tap_output"
	[ "$2" = "$3" ]
	tap_result $? "$1"
}

# empty DESCRIPTION COMMAND...: the command prints nothing on standard output.
empty() {
	local description=$1

	shift
	"$@" >"$tap_output" 2>/dev/null </dev/null
	[ ! -s "$tap_output" ]
	tap_result $? "$description"
}

# wait_until SECONDS COMMAND...: try once a second. For what has no event to wait for: another machine's point of view.
wait_until() {
	local deadline=$((SECONDS + $1))

	shift
	until "$@" >"$tap_output" 2>&1 </dev/null; do
		[ "$SECONDS" -lt "$deadline" ] || {
			cat "$tap_output"
			return 1
		}
		sleep 1
	done
}

# Ends the suite. Missing it is a failure, so a suite that dies half way cannot pass.
done_testing() {
	printf '1..%d\n' "$tap_count"
}
