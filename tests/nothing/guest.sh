#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The init of the machine: builds, installs and tries the project in directory $1 as people do who leave it to run: in the
# background, without a terminal, niced, with a strict umask. Writes /survey/out/done when all went well.
set -e
cd "$1"
umask 077
trap '' INT # as under nohup, or behind a & in a script
set -x
nohup nice -n 5 setsid --wait make quickstart
nohup nice -n 5 setsid --wait make check-unit
: >/survey/out/done
