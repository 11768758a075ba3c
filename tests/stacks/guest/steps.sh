# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154
#
# What both stages share, which set out: a suite's functions as steps of the stage $1, each a line of /survey/out/steps.
stage=$1
read -r suite </srv/suite

# part FUNCTION [ARGUMENT...]: a function of the suite, where every failure ends it
part() {
	sh -exc '. "$0"; "$@"' "$suite" "$@" </dev/null
}

# soon FUNCTION [ARGUMENT...]: what a client sees who asks again for a while: services that are up may open their sockets a moment later
soon() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		! part "$@" || return 0
		sleep 2
	done
	return 1
}

# step NAME COMMAND...: what was said is kept in a file; false ends no script
step() {
	step=$1
	shift
	if "$@" >"$out/$step.said" 2>&1; then
		echo "ok $stage: $step" >>$out/steps
	else
		echo "not ok $stage: $step: $(tail -n 12 "$out/$step.said" | tr '\n' ' ' | tail -c 600)" >>$out/steps
		return 1
	fi
}

option() {
	sh -ec '. "$0"; eval "echo \$$1"' "$suite" "$1"
}
