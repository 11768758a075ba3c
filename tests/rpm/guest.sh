#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The init of the machine: makes its database, builds our packages, and lives with them.
set -eux
umask 022
cd /build

# Where Debian has its libraries, and the macros that its rpm lacks.
cat >/root/.rpmmacros <<'END'
%_topdir /build
%_libdir /usr/lib/x86_64-linux-gnu
%_vpath_builddir build
%meson meson setup build --prefix=/usr --libdir=%{_libdir} --sysconfdir=/etc --buildtype=plain
%meson_build meson compile -C build
%meson_install DESTDIR=%{buildroot} meson install -C build --no-rebuild
END
rpmbuild -bb --quiet host.spec
rpm --initdb
rpm --install --justdb RPMS/*/*.rpm
rm -r RPMS BUILD
rpmbuild -ba --nodeps virt-sandbox.spec # names of build requirements are Fedora's
ls SRPMS/virt-sandbox-*.src.rpm
mv /var/lib/dpkg /var/lib/apt /build
ours='virt-lxc virt-sandbox virt-sandbox-devel virt-sandbox-libs virt-sandbox-selinux'
rm -f RPMS/*/*debuginfo* RPMS/*/*debugsource*

answers() {
	address=$(virt-sandbox-service list --json | sed -n 's/.*"name": "web1".*"address": "\([^"/]*\)[/"].*/\1/p')
	curl --silent --show-error --max-time 10 --output /dev/null --write-out 'HTTP %{http_code} of a container on a host with rpm\n' "http://$address/"
}

rpm --install RPMS/*/*.rpm
# shellcheck disable=SC2086 # are several words
rpm --verify --nomtime $ours
virt-sandbox -- /bin/true
virt-lxc list --all >/dev/null
virt-sandbox-service create -C -u apache2.service web1
virt-sandbox-service start web1
answers

# An upgrade leaves alone what runs.
rpm --upgrade --force RPMS/*/*.rpm
answers

# A removal stops it; it is a container still, and starts once the packages are back.
# shellcheck disable=SC2086
rpm --erase $ours 2>&1 | tee /tmp/said
grep -q 'Stopping the container web1' /tmp/said
rpm --install RPMS/*/*.rpm
virt-sandbox-service start web1
answers
virt-sandbox-service stop web1
virt-sandbox-service delete web1
# shellcheck disable=SC2086
rpm --erase $ours
[ -z "$(find /usr/bin /usr/include /usr/lib /usr/libexec /usr/share '(' -name '*virt-sandbox*' -o -name 'virt-lxc*' -o -name '*vsandbox*' ')')" ]
: >/survey/out/done
