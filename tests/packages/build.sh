#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds the packages of version $1 twice, at other places, and looks at them; they are in /survey/out/packages then.
set -eux
version=$1
umask 022

build() { # DIRECTORY
	mkdir -p "$1"
	cp "/build/virt-sandbox_$version.orig.tar.xz" "$1"
	cd "$1"
	tar -xf "virt-sandbox_$version.orig.tar.xz"
	cp -r "virt-sandbox-$version/packaging/debian" "virt-sandbox-$version/debian"
	cd "virt-sandbox-$version"
	shift
	env "$@" dpkg-buildpackage -us -uc
}

build /build/one DEB_BUILD_OPTIONS=
(umask 077 && build /build/an-other/two DEB_BUILD_OPTIONS=nocheck TZ=Pacific/Kiritimati)
cd /build/one # the source package has the modes of our umask, the others must not
sha256sum -- *.deb >/build/sums
(cd /build/an-other/two && sha256sum --quiet --check /build/sums)
mkdir /survey/out/packages
cp -- *.deb /survey/out/packages
# Until a release is uploaded, no bug asks for it; and the maintainer's address leads nowhere.
lintian --allow-root --fail-on error,warning,info --suppress-tags initial-upload-closes-no-bugs,bogus-mail-host,bogus-mail-host-in-debian-changelog,no-symbols-control-file \
	--profile debian virt-sandbox_*.changes
for package in *.deb; do
	dpkg-deb --field "$package" Depends Pre-Depends
done | tr ',' '\n' | sed 's/^[A-Za-z-]*: *//; s/([^)]*)//; s/|.*//; s/ //g' | grep . | grep -v -e virt -e vsandbox | sort -u | sed 's/^/Needs: /' >/survey/out/needs
: >/survey/out/done
