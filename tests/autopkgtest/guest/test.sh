#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs the one test of /srv/test as autopkgtest does: in the source tree, as root, with a new AUTOPKGTEST_TMP.
cd /srv/source || exit
AUTOPKGTEST_TMP=$(mktemp -d /tmp/autopkgtest.XXXXXX)
AUTOPKGTEST_ARTIFACTS=$(mktemp -d /tmp/artifacts.XXXXXX)
export AUTOPKGTEST_TMP AUTOPKGTEST_ARTIFACTS ADTTMP="$AUTOPKGTEST_TMP" ADT_ARTIFACTS="$AUTOPKGTEST_ARTIFACTS"
export HOME=/root USER=root LOGNAME=root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
read -r command </srv/test
[ ! -f "$command" ] || chmod +x "$command"
exec timeout -k 5 300 sh -c "$command"
