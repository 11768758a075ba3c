#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Beside the systemd of systemd.sh: waits until it has started what it can, and runs the test.
out=/survey/out
seconds=60
until state=$(systemctl is-system-running 2>/dev/null || :) && echo "$state" | grep -qwE 'running|degraded|maintenance'; do
	[ "$seconds" -gt 0 ] || break
	seconds=$((seconds - 1))
	sleep 1
done
systemctl start systemd-user-sessions.service # else users may not log in
sh /survey/in/autopkgtest/guest/test.sh >$out/test.out 2>$out/test.err </dev/null
echo $? >$out/test.status
touch $out/done # who waits for this ends it all
