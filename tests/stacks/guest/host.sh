#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Beside the systemd of systemd.sh: configures the application, starts it, asks it, and stops it again.
out=/survey/out
set -- host
# shellcheck source=/dev/null # beside this file
. /survey/in/stacks/guest/steps.sh
trap 'journalctl --no-pager >$out/logs.said 2>&1; touch $out/done' EXIT # who waits for this ends it all

seconds=60
until state=$(systemctl is-system-running 2>/dev/null || :) && echo "$state" | grep -qwE 'running|degraded|maintenance'; do
	[ "$seconds" -gt 0 ] || break
	seconds=$((seconds - 1))
	sleep 1
done
units=$(option units)

# In one transaction, so that the order of units holds.
started() {
	# shellcheck disable=SC2086 # words
	systemctl stop $units
	systemctl daemon-reload
	systemctl start stack.target
}

mkdir -p /run/systemd/system
printf '[Unit]\nRequires=%s\nAfter=%s\n' "$units" "$units" >/run/systemd/system/stack.target
step configure part configure || exit
step start started || exit
step ask soon ask 192.0.2.1 || exit
step restart started
step kept soon kept 192.0.2.1
systemctl isolate basic.target # everything that was started stops; its data is at rest
rm -f /etc/systemd/system/survey.target
sync
