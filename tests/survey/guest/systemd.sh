#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What "runs on the host" means here: the tree's own systemd with nothing of ours around it starts units and no other service, and the script LOOK is run
# beside it with the units as its arguments:
#
#	systemd.sh LOOK UNIT...
#
# Only what would change this machine's kernel is kept from it: a clock, modules, settings that are not of its own network.
look=$1
shift

mkdir /run/net
mount --bind /proc/sys/net /run/net
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount --bind /run/net /proc/sys/net
umount /run/net
[ ! -e /proc/sysrq-trigger ] || mount --bind /dev/null /proc/sysrq-trigger
mount -o remount,bind,ro /sys

echo 0123456789abcdef0123456789abcdef >/etc/machine-id
printf '[Unit]\nRequires=basic.target\nAfter=basic.target\nWants=%s\n' "$*" >/etc/systemd/system/survey.target
/bin/sh "$look" "$@" </dev/null >/survey/out/look.said 2>&1 &
rm -rf /etc/systemd/system/sockets.target.wants # of other services: epmd.socket beside each that is written in Erlang
exec env -i container=survey PATH=/usr/sbin:/usr/bin:/sbin:/bin setpriv \
	--bounding-set=-mac_admin,-mac_override,-sys_boot,-sys_module,-sys_pacct,-sys_rawio,-sys_time,-syslog,-audit_control \
	/usr/lib/systemd/systemd --unit=survey.target
