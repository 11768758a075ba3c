#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The life of a container of the application, as an administrator leads it.
out=/survey/out
set -- container
# shellcheck source=/dev/null # beside this file
. /survey/in/stacks/guest/steps.sh
tool=virt-sandbox-service
trap 'touch $out/done' EXIT # who waits for this ends it all

# started NAME: starts it, and sets address
started() {
	timeout 150 $tool start "$1" >$out/address || return
	cat $out/address
	address=$(grep -oE '[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+' $out/address | head -n 1)
}

sound() {
	$tool execute stack -- sh -c 'systemctl is-system-running --wait || { systemctl --failed --no-legend --plain; false; }'
}

# Addresses are not to be mistaken for the host's.
ip address del 192.0.2.1/24 dev up0
ip address add 192.0.2.77/24 dev up0
ip route add default via 192.0.2.254

# shellcheck disable=SC2046,SC2086 # words
step create $tool create -C $(printf ' -u %s' $(option units)) $(option options) stack || exit
step start started stack || {
	$tool logs stack >$out/logs.said 2>&1
	exit
}
step ask soon ask "$address" || {
	$tool logs stack >$out/logs.said 2>&1
	exit
}
step sound sound
$tool logs stack >$out/logs.said 2>&1
step restart $tool restart stack
step kept soon kept "$address"
step stop timeout 120 $tool stop stack
step start-again started stack
step kept-again soon kept "$address"
step stop-again timeout 120 $tool stop stack
step clone $tool clone stack twin
step start-clone started twin && step kept-in-clone soon kept "$address"
step stop-clone timeout 120 $tool stop twin
step delete-clone $tool delete twin
step change part change
step upgrade $tool upgrade stack
step start-upgraded started stack && step changed soon changed "$address" && step kept-upgraded soon kept "$address"
step stop-upgraded timeout 120 $tool stop stack
step delete $tool delete stack
# shellcheck disable=SC2016 # expanded by the shell that is started
step clean sh -c '[ -z "$(ls -A /var/lib/libvirt/filesystems)" ] && [ -z "$(ls -A /etc/libvirt-sandbox/services)" ]'
