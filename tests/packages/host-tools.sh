#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What dpkg, apt and needrestart of this machine do to containers, and containers to them. Two containers run: web1, of the unit apache2.service, and tool1, of
# a program whose package is made here.
# shellcheck disable=SC2016 # Perl, and scripts of packages
set -eux
said=/tmp/said
wait_seconds=60
[ ! -d /survey/out/packages ] || dpkg --install /survey/out/packages/*.deb

# A package that has one program, and a script: package NAME VERSION SCRIPT < what the script does
package() {
	mkdir -p "/tmp/made/$1/DEBIAN" "/tmp/made/$1/usr/bin"
	cp /usr/bin/sleep "/tmp/made/$1/usr/bin/$1"
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: Nobody <nobody@localhost>\nDescription: a test\n' "$1" "$2" >"/tmp/made/$1/DEBIAN/control"
	rm -f "/tmp/made/$1/DEBIAN/"*inst
	{
		echo '#!/bin/sh'
		cat
	} >"/tmp/made/$1/DEBIAN/$3"
	chmod 755 "/tmp/made/$1/DEBIAN/$3"
	dpkg-deb -Znone --root-owner-group --build "/tmp/made/$1" "/tmp/$1.deb"
}

fails() {
	if "$@" >$said 2>&1; then
		cat $said
		exit 1
	fi
	cat $said
}

until_true() {
	timeout "$wait_seconds" sh -c 'until eval "$1"; do sleep 0.1; done' sh "$1"
}

field() { # NAME FIELD
	virt-sandbox-service list --json | sed -n "s/.*\"name\": \"$1\".*\"$2\": \"\\{0,1\\}\\([^\",}]*\\).*/\\1/p"
}

answers() {
	curl --silent --show-error --max-time 10 --output /dev/null "http://$(field web1 address | sed 's|/.*||')/"
}

package tool1 1 postinst </dev/null
dpkg --install /tmp/tool1.deb
virt-sandbox-service create -C -u apache2.service web1
virt-sandbox-service create tool1 -- /usr/bin/tool1 infinity
virt-sandbox-service start web1 tool1
answers

# -- needrestart --

# The program of the container's unit is replaced. needrestart takes a host with this directory for one with systemd, and a process for one of the unit that its cgroup is named after.
cp -p /usr/sbin/apache2 /usr/sbin/apache2.new
mv /usr/sbin/apache2.new /usr/sbin/apache2
pid=$(field web1 pid)
# needrestart looks for containers only on a host, and this machine is a container.
mount --bind /bin/false /usr/bin/systemd-detect-virt
lists() {
	mkdir -p /run/systemd/system
	needrestart -b -l -r l >$said 2>&1 || true
	rmdir /run/systemd/system
	cat $said
}
lists
grep -qx 'NEEDRESTART-CONT: VirtSandbox web1' $said
if grep NEEDRESTART-SVC $said; then exit 1; fi
# Without our module it would restart a unit of the host that need not even run.
module=/usr/share/perl5/NeedRestart/CONT/VirtSandbox.pm
mv $module /tmp
lists
grep -qx 'NEEDRESTART-SVC: apache2.service' $said
mv /tmp/VirtSandbox.pm $module
# Even when it restarts everything by itself, it leaves containers to their administrator, unless the configuration says otherwise.
needrestart -q -l -r a </dev/null >$said 2>&1 || true
cat $said
test "$(field web1 pid)" = "$pid"
echo '$nrconf{override_cont}{qr(^VirtSandbox web1$)} = 1; delete $nrconf{override_cont}{qr(^VirtSandbox )};' >/etc/needrestart/conf.d/zz.conf
needrestart -l -r a </dev/null >$said 2>&1 || true
cat $said
test "$(field web1 pid)" != "$pid"
answers
lists
if grep NEEDRESTART-CONT $said; then exit 1; fi

# -- dpkg: it reports the containers that run what it replaces, and none starts while it works --

package tool1 2 postinst </dev/null
dpkg --install /tmp/tool1.deb >$said 2>&1
cat $said
test ! -e /var/lib/dpkg/info/virt-sandbox.triggers || grep -q '^tool1: stale: ' $said
test "$(field tool1 behind)" = 1

package slow 1 postinst <<'END'
touch /tmp/slow-runs
until [ -e /tmp/slow-ends ]; do sleep 0.1; done
END
dpkg --install /tmp/slow.deb >/tmp/slow-said 2>&1 &
until_true '[ -e /tmp/slow-runs ]'
pid=$(field tool1 pid)
VIRT_SANDBOX_PACKAGE_WAIT=0 fails virt-sandbox-service restart tool1
grep -q "is changing the host's packages" $said
test "$(field tool1 pid)" = "$pid"
virt-sandbox-service restart tool1 >/tmp/restart-said 2>&1 &
until_true 'grep -q "waiting until dpkg (process [0-9]*) has ended" /tmp/restart-said'
test "$(field tool1 pid)" = "$pid"
touch /tmp/slow-ends
wait
cat /tmp/restart-said
test "$(field tool1 pid)" != "$pid"
test "$(field tool1 behind)" = 0

# A package's own script would wait for itself.
pid=$(field tool1 pid)
package self 1 postinst <<'END'
if virt-sandbox-service restart tool1 2>/tmp/self-said; then exit 1; fi
END
timeout 60 dpkg --install /tmp/self.deb
cat /tmp/self-said
grep -q 'waits for this command' /tmp/self-said
test "$(field tool1 pid)" = "$pid"

# dpkg that was killed while it unpacked.
package slow 2 preinst <<'END'
kill -9 $PPID
END
fails dpkg --install /tmp/slow.deb
fails virt-sandbox-service restart tool1
grep -q 'interrupted' $said
test "$(field tool1 pid)" = "$pid"
package slow 3 postinst </dev/null
dpkg --install /tmp/slow.deb
virt-sandbox-service restart tool1

# -- apt: packages that a container uses are not removed unnoticed --

apt-mark auto apache2
apt-get -y autoremove >$said 2>&1
cat $said
dpkg --status apache2 | grep -q 'install ok installed'
fails apt-get -y remove apache2
grep -q 'container web1 uses package apache2' $said
dpkg --status apache2 | grep -q 'install ok installed'
answers
apt-get -y remove slow self
# dpkg does not ask before; it reports afterwards.
dpkg --remove --force-depends apache2 apache2-bin >$said 2>&1
cat $said
test ! -e /var/lib/dpkg/info/virt-sandbox.triggers || grep -q '^web1: broken: ' $said

virt-sandbox-service stop web1 tool1
virt-sandbox-service delete web1 tool1
dpkg --remove tool1
: >/survey/out/done
