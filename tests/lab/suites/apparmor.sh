# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# The generated AppArmor profile: every process of a web server has it in enforce mode, root of the host in nothing but the
# profile is refused what would reach the host, and the profile is gone with the container.
# models: apparmor
# seconds: 240
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

denied='Permission denied|Operation not permitted|permission denied|cannot open|cannot create|must be superuser'
profile=vss-web1

# cheat DESCRIPTION COMMAND...: control without the profile, then with it.
cheat() {
	local description=$1

	shift
	check "control: without the profile one can $description" "$@"
	refused "with it one cannot $description" "$denied" aa-exec -p "$profile" -- "$@"
}

check "create" virt-sandbox-service create -C -u apache2.service web1
check "start" virt-sandbox-service start web1
check "create a neighbour" virt-sandbox-service create other -- /usr/bin/sleep infinity
check "start it" virt-sandbox-service start other
wait_until 20 curl -sS "http://$(address_of web1)/"
expect "it serves" '<html' curl -sS --max-time 20 "http://$(address_of web1)/"
expect "its profile is loaded in enforce mode" "^$profile \(enforce\)$" cat /sys/kernel/security/apparmor/profiles
equal "no process of it is without" "$profile (enforce)" "$(find /sys/fs/cgroup -path '*web1_sandbox*/payload*' -name cgroup.procs \
	-exec cat {} + | while read -r pid; do cat "/proc/$pid/attr/apparmor/current"; done | sort -u)"

check "control: the profile lets a command run" aa-exec -p "$profile" -- true
cheat "write to sysrq" sh -c 'echo h >/proc/sysrq-trigger'
cheat "write the kernel's settings" sh -c 'cat /proc/sys/kernel/core_pattern | tee /proc/sys/kernel/core_pattern'
cheat "write to a device's settings" sh -c 'echo 128 >/sys/block/vda/queue/read_ahead_kb'
cheat "signal a process of the host" kill -URG 1
cheat "signal the neighbour" kill -URG "$(property other pid)"
cheat "read the memory of a process of the host" cat /proc/1/environ
cheat "make raw packets" python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)'
refused "inside: mount the host's disk" . inside web1 mount -t ext4 /dev/vda /tmp
refused "inside: write to sysrq" . inside web1 sh -c 'echo h >/proc/sysrq-trigger'
refused "inside: leave the profile" . inside web1 aa-exec -p unconfined -- true

for name in web1 other; do
	check "stop $name" virt-sandbox-service stop "$name"
	check "delete $name" virt-sandbox-service delete "$name"
done
refused "the profile is gone" gone sh -c "grep $profile /sys/kernel/security/apparmor/profiles || { echo gone; false; }"
nothing_left web1
done_testing
