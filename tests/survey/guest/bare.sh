#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What "runs on the host" means here: the tree's own systemd with nothing of ours around it starts unit $1 and no other service.
unit=$1

echo 0123456789abcdef0123456789abcdef >/etc/machine-id
printf '[Unit]\nRequires=basic.target\nAfter=basic.target\nWants=%s\n' "$unit" >/etc/systemd/system/survey.target
/bin/sh /survey/in/look.sh "$unit" </dev/null >/survey/out/look.said 2>&1 &
rm -rf /etc/systemd/system/sockets.target.wants # of other services: epmd.socket beside each that is written in Erlang
exec env -i container=survey PATH=/usr/sbin:/usr/bin:/sbin:/bin /usr/lib/systemd/systemd --unit=survey.target
