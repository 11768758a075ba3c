#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes a container of the units, the source tree bound in, and runs the test in it.
out=/survey/out
tool=virt-sandbox-service
name=tested
trap 'touch $out/done' EXIT # who waits for this ends it all

cp /survey/in/autopkgtest/guest/test.sh /srv/source/debian/run-test
cp /srv/test /srv/source/debian/test

# up UNIT...
up() {
	# shellcheck disable=SC2046 # words
	$tool create -C $(printf ' -u %s' "$@") -m host-bind:/srv/source=/srv/source $name >>$out/create.said 2>&1 || return
	timeout 120 $tool start $name >>$out/start.said 2>&1 || {
		$tool delete $name >>$out/start.said 2>&1
		return 1
	}
}

# All that the host runs; or the units of the source package alone where one of the others cannot run in a container, or not unconfigured.
# shellcheck disable=SC2046 # words
up "$@" || up $(cat /srv/own-units) || exit
$tool execute $name -- sh -c 'cp /srv/source/debian/test /srv/test && exec sh /srv/source/debian/run-test' >$out/test.out 2>$out/test.err </dev/null
echo $? >$out/test.status
$tool logs $name >$out/logs.said 2>&1
timeout 60 $tool stop $name >/dev/null 2>&1
$tool delete $name >/dev/null 2>&1
