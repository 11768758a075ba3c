#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The whole life of a container of unit $1, as an administrator leads it. Of each step: what it said, and how it ended.
unit=$1
tool=virt-sandbox-service
name=survey
out=/survey/out

# step SECONDS NAME COMMAND...
step() {
	seconds=$1 step=$2
	shift 2
	timeout -k 5 "$seconds" "$@" >"$out/$step.said" 2>&1 </dev/null
	status=$?
	echo $status >"$out/$step.status"
	return $status
}

# sockets COMMAND...: the words before the command that lists what is listened at
sockets() {
	"$@" ss --no-header --listening --tcp --udp --numeric
}

look() {
	step 20 show $tool execute $name -- systemctl show --property=Type,ActiveState,SubState,Result,ConditionResult "$unit"
	step 20 running $tool execute $name -- systemctl is-system-running
	step 20 failed $tool execute $name -- systemctl --failed --no-legend --plain
	sockets step 20 listening $tool execute $name --
}

trap 'touch $out/done' EXIT # who waits for this ends it all
step 60 create $tool create -C -u "$unit" $name || exit 0
if step 100 start $tool start $name; then
	sleep 2 # what dies soon after its start has not started
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do # nor does everybody say when he listens
		[ -z "$(sockets $tool execute $name --)" ] || break
		sleep 1
	done
	look
	step 20 logs $tool logs $name
	step 60 stop $tool stop $name
else
	step 20 logs $tool logs $name
fi
step 60 delete $tool delete $name
