#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The life of the packages in /survey/out/packages on this machine, which has what they depend on.
set -eux
cd /survey/out/packages
umask 022
rm -f ./*-dbgsym_*

# All that is on disk, but for the notes that dpkg and its tools keep of what they did.
snapshot() {
	find / -xdev \( -path /survey -o -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /var/cache -o -path /var/log \
		-o -path /var/lib/dpkg \) -prune -o -printf '%p %y %m %u %l\n' | grep -v -e '^/etc/ld.so.cache' -e '^/ ' | sort
}

# The packages again as a later version, which the programs say as well.
later() {
	version=$(dpkg-deb --field virt-sandbox_*.deb Version | sed 's/-.*//')
	mkdir /tmp/later
	for package in *.deb; do
		dpkg-deb --raw-extract "$package" /tmp/raw
		sed -i -E 's/^Version: .*/&+later/; s/\(= ([^)]*)\)/(= \1+later)/g' /tmp/raw/DEBIAN/control
		find /tmp/raw/usr/bin /tmp/raw/usr/lib /tmp/raw/usr/libexec -type f \
			-exec sed -i "s/\([^0-9.]\)$version\([^0-9.]\)/\1${version%?}9\2/g" {} + || true # no package has all of these
		dpkg-deb -Znone --root-owner-group --build /tmp/raw "/tmp/later/$package"
		rm -rf /tmp/raw
	done
}

answers() { # ADDRESS
	curl --silent --show-error --max-time 10 --output /dev/null --write-out 'HTTP %{http_code} of a packaged container\n' "http://$1/"
}

address() {
	virt-sandbox-service list --json | sed -n 's/.*"name": "web1".*"address": "\([^"/]*\)[/"].*/\1/p'
}

install_all() {
	dpkg --install "$1"/*.deb
	virt-sandbox -- /bin/true
	# Each package is there, and its program starts.
	test -e /usr/include/virt-sandbox.h
	virt-lxc list --all >/dev/null
}

purge_all() {
	dpkg --remove virt-sandbox virt-sandbox-selinux virt-lxc libvsandbox1 libvsandbox-dev
	dpkg --purge virt-sandbox virt-sandbox-selinux virt-lxc libvsandbox1 libvsandbox-dev
}

later
snapshot >/tmp/before
install_all .
# Debian's own tests of them.
for test in smoke library; do
	"/survey/out/tests/$test"
done
virt-sandbox-service create -C -u apache2.service web1
virt-sandbox-service start web1
answers "$(address)"

# An upgrade leaves alone what runs, and the new programs can deal with it.
install_all /tmp/later
answers "$(address)"
virt-sandbox-service list | grep 'web1 .*(older version)'
virt-sandbox-service restart web1
answers "$(address)"
virt-sandbox-service list | grep 'web1 ' | grep -v 'older version'

# A removal stops it; it is a container still, and named, after a purge; and works once the packages are back.
purge_all 2>&1 | tee /tmp/said
grep -q 'Stopping the container web1' /tmp/said
grep -q 'these containers stay, with their data: web1' /tmp/said
test -e /etc/libvirt-sandbox/services/web1.sandbox
install_all .
virt-sandbox-service start web1
answers "$(address)"
virt-sandbox-service stop web1
virt-sandbox-service delete web1

# Without a container nothing is left.
purge_all
snapshot >/tmp/after
diff /tmp/before /tmp/after
: >/survey/out/done
