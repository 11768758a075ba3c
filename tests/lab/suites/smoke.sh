# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The machine is what the other suites take it for: systemd is PID 1, cgroup v2 has its controllers, and the confinement
# model really refuses something that is allowed without it.
# models: selinux smack apparmor none
# seconds: 150
# shellcheck source=../guest/tap.sh
. "$LAB_IN/guest/tap.sh"

active_models() {
	cat /sys/kernel/security/lsm
}

expect "systemd is PID 1" '^systemd$' cat /proc/1/comm
expect "no unit failed" '^0 loaded units listed' systemctl --failed
expect "cgroup v2 is unified" '^cgroup2fs$' stat -fc %T /sys/fs/cgroup
for controller in cpuset cpu io memory pids; do
	expect "controller $controller is there" "\\b$controller\\b" cat /sys/fs/cgroup/cgroup.controllers
done
check "nftables knows the bridge family" nft 'add table bridge lab; delete table bridge lab'
check "the project's library is installed" sh -c 'ldconfig -p | grep -q libvsandbox'

case $LAB_MODEL in
selinux)
	expect "SELinux is enforcing" '^Enforcing$' getenforce
	expect "the suite runs as an administrator who has logged in" \
		'^unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023$' id -Z
	check "control: unconfined reads shadow" cat /etc/shadow
	refused "a confined process may not read shadow" 'Permission denied' \
		runcon system_u:system_r:httpd_t:s0 cat /etc/shadow
	;;
smack)
	expect "Smack is active" smack active_models
	mkdir /srv/one
	check "control: without a label the directory opens" setpriv --bounding-set=-mac_override,-mac_admin ls /srv/one
	setfattr -n security.SMACK64 -v one /srv/one
	check "a process opens the directory of its own label" bash -c \
		'echo one >/proc/self/attr/current && exec setpriv --bounding-set=-mac_override,-mac_admin ls /srv/one'
	refused "a process of another label does not" 'Permission denied' bash -c \
		'echo two >/proc/self/attr/current && exec setpriv --bounding-set=-mac_override,-mac_admin ls /srv/one'
	;;
apparmor)
	expect "AppArmor is active" apparmor active_models
	printf 'profile lab-smoke flags=(attach_disconnected) {\n file,\n deny /etc/shadow r,\n}\n' >/run/lab/profile
	check "a profile loads" apparmor_parser -K -r /run/lab/profile
	check "control: unconfined reads shadow" cat /etc/shadow
	refused "a confined process may not read shadow" 'Permission denied' \
		bash -c 'echo "exec lab-smoke" >/proc/self/attr/exec && exec cat /etc/shadow'
	;;
none)
	expect "no major model is active" '^capability,landlock,yama$' active_models
	;;
esac
done_testing
