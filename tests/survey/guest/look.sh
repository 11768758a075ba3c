#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Beside the systemd of systemd.sh: waits until it has done what it can for unit $1, writes down what came of it.
unit=$1
out=/survey/out
sockets='ss --no-header --listening --tcp --udp --numeric'

# settled SECONDS STATE... -- COMMAND...: until the command says one of these states
settled() {
	seconds=$1 states=$2
	shift 2
	until state=$("$@" 2>/dev/null || :) && echo "$state" | grep -qwE "$states"; do
		[ "$seconds" -gt 0 ] || return 0
		seconds=$((seconds - 1))
		sleep 1
	done
}

settled 60 'running|degraded|maintenance' systemctl is-system-running
settled 30 'active|inactive|failed' systemctl is-active "$unit"
sleep 2
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
	[ -z "$($sockets)" ] || break
	sleep 1
done
systemctl show --property=Type,ActiveState,SubState,Result,ConditionResult "$unit" >$out/show.said
systemctl is-system-running >$out/running.said
systemctl --failed --no-legend --plain >$out/failed.said
$sockets >$out/listening.said
journalctl --no-pager >$out/logs.said 2>&1
touch $out/done # who waits for this ends it all
