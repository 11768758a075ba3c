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
step configure part configure || exit
# shellcheck disable=SC2086 # words
step start systemctl restart $units || exit
step ask soon ask 192.0.2.1 || exit
# shellcheck disable=SC2086 # words
step restart systemctl restart $units
step kept soon kept 192.0.2.1
systemctl isolate basic.target # everything that was started stops; its data is at rest
rm -f /etc/systemd/system/survey.target
sync
