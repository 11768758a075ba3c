#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compiles /build, and runs what is an arm64 program alone.
set -eu
cd /build
meson setup build --cross-file /survey/in/cross.ini --prefix=/usr
ninja -C build
passed=0 failed=
for program in build/tests/test-*; do
	[ -f "$program" ] || continue
	if SOURCE_ROOT=$PWD BUILD_ROOT=$PWD/build timeout 300 qemu-aarch64 "$program"; then
		passed=$((passed + 1))
	else
		failed="$failed ${program##*/}"
	fi
done
echo "arm64: $passed unit tests passed, failed:$failed"
for command in virt-sandbox virt-sandbox-service virt-lxc; do
	qemu-aarch64 "build/src/cli/$command" --version
done
: >/survey/out/done
