# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# The generated AppArmor profile: every process of a web server has it in enforce mode, root of the host in nothing but the
# profile is refused what would reach the host, and the profile is gone with the container.
# models: apparmor
# seconds: 300
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

# The same for what changes mounts, each time in a mount namespace that ends with the command.
mount_cheat() {
	local description=$1

	shift
	check "control: without the profile one can $description" unshare -m "$@"
	refused "with it one cannot $description" "$denied" unshare -m aa-exec -p "$profile" -- "$@"
}

mount_may() {
	local description=$1

	shift
	check "control: with the profile one can $description" unshare -m aa-exec -p "$profile" -- "$@"
}

# In a /run of its own: what systemd builds units' roots in is moved to another path.
rename() {
	unshare -m sh -c 'mount -t tmpfs tmpfs /run && mkdir /run/systemd && exec "$@" mv /run/systemd /run/elsewhere' sh "$@"
}

mounts() {
	touch /run/lab/file
	mount_may "mount a tmpfs" mount -t tmpfs tmpfs /mnt
	mount_may "bind a directory" mount --bind /usr /mnt
	mount_may "bind with what is below" mount --rbind /var /mnt
	mount_may "make it read-only" sh -c 'mount --bind /usr /mnt && mount -o remount,bind,ro,nosuid /mnt'
	mount_may "take mounts out of propagation" mount --make-rslave /
	mount_may "unmount" sh -c 'mount -t tmpfs tmpfs /mnt && umount /mnt'
	mount_may "build a unit's root and enter it" sh -c 'mkdir -p /run/systemd/unit-root && mount --make-rprivate / &&
		mount --rbind / /run/systemd/unit-root && cd /run/systemd/unit-root && mount -t proc proc proc && mount --move . / && chroot . true'

	mount_cheat "mount a procfs elsewhere" lab-probe mount proc /mnt proc
	mount_cheat "mount a sysfs elsewhere" lab-probe mount sysfs /mnt sysfs
	mount_cheat "mount a procfs on /sys" lab-probe mount proc /sys proc
	# MS_REC says nothing about a new mount, but old compilers of profiles had rules with it allow every type.
	mount_cheat "mount one with a flag that means nothing there" lab-probe mount proc /mnt proc rec
	mount_cheat "mount the disk" lab-probe mount /dev/vda /mnt ext4
	for type in securityfs debugfs configfs bpf; do
		mount_cheat "mount a $type" lab-probe mount "$type" /mnt "$type"
	done
	mount_cheat "bind /proc elsewhere" lab-probe mount /proc /mnt . bind
	mount_cheat "bind /sys elsewhere, with what is below" lab-probe mount /sys /mnt . bind rec
	mount_cheat "bind a file of /proc elsewhere" lab-probe mount /proc/sysrq-trigger /run/lab/file . bind
	mount_cheat "bind a directory of /proc elsewhere" lab-probe mount /proc/sys /mnt . bind
	mount_cheat "bind the root elsewhere" lab-probe mount / /mnt . bind rec
	mount_cheat "bind /run elsewhere" lab-probe mount /run /mnt . bind rec
	mount_cheat "move a mount" lab-probe mount /dev/shm /mnt . move
	check "control: without the profile one can rename /run/systemd" rename
	refused "with it one cannot rename /run/systemd" "$denied" rename aa-exec -p "$profile" --
	mount_cheat "unmount what is in /sys" lab-probe umount /sys/kernel/security
	mount_cheat "make another directory the root" sh -c 'mount --make-rprivate / && mount --bind /srv /srv && mkdir -p /srv/old &&
		cd /srv && pivot_root . old'
}

check "create" virt-sandbox-service create -C -u apache2.service web1
check "start" virt-sandbox-service start web1
check "create a neighbour" virt-sandbox-service create other -- /usr/bin/sleep infinity
check "start it" virt-sandbox-service start other
wait_until 20 curl -sS "http://$(address_of web1)/"
expect "it serves" '<html' curl -sS --max-time 20 "http://$(address_of web1)/"
expect "its profile is loaded in enforce mode" "^$profile \(enforce\)$" cat /sys/kernel/security/apparmor/profiles
compiled=$(echo /var/lib/libvirt-sandbox/apparmor-compiled/*/web1)
before=$(stat -c %Y.%i "$compiled")
check "start it again" virt-sandbox-service restart web1
equal "its profile was not compiled again" "$before" "$(stat -c %Y.%i "$compiled")"
expect "it is loaded again" "^$profile \(enforce\)$" cat /sys/kernel/security/apparmor/profiles
equal "no process of it is without" "$profile (enforce)" "$(find /sys/fs/cgroup -path '*web1_sandbox*/payload*' -name cgroup.procs \
	-exec cat {} + | while read -r pid; do cat "/proc/$pid/attr/apparmor/current"; done | sort -u)"

check "control: the profile lets a command run" aa-exec -p "$profile" -- true
cheat "write to sysrq" sh -c 'echo h >/proc/sysrq-trigger'
cheat "write the kernel's settings" sh -c 'cat /proc/sys/kernel/core_pattern | tee /proc/sys/kernel/core_pattern'
cheat "write to a device's settings" sh -c 'echo 128 >/sys/block/vda/queue/read_ahead_kb'
cheat "read the memory of a process of the host" cat /proc/1/environ
cheat "make raw packets" python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)'
cheat "use the kernel's ciphers" python3 -c 'import socket; socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET, 0)'
mounts

# Peers: its own processes, and no others.
mkdir /run/lab/web1 /run/lab/other /run/lab/host
sleep 1000 &
echo $! >/run/lab/host/pid
property web1 pid >/run/lab/web1/pid
property other pid >/run/lab/other/pid
for what in signal ptrace proc; do
	check "control: with the profile one can $what its own processes" aa-exec -p "$profile" -- lab-probe try "$what" /run/lab/web1
	cheat "$what a process of the host" lab-probe try "$what" /run/lab/host
	cheat "$what a neighbour's" lab-probe try "$what" /run/lab/other
done
kill "$(cat /run/lab/host/pid)"

refused "inside: mount the host's disk" . inside web1 mount -t ext4 /dev/vda /tmp
refused "inside: mount a procfs elsewhere" . inside web1 mount -t proc proc /tmp
refused "inside: write to sysrq" . inside web1 sh -c 'echo h >/proc/sysrq-trigger'
refused "inside: leave the profile" . inside web1 aa-exec -p unconfined -- true
# AppArmor is not told what is mounted by the newer calls.
check "control: the host may use the newer mount calls" lab-probe call fsopen
refused "inside: they do not exist" 'not implemented' inside web1 lab-probe call fsopen

# "unconfined" is nobody's profile who asked for AppArmor.
for label in unconfined 'unconfined (enforce)' 'vss-web1//&unconfined' :root:unconfined; do
	refused "a container with the profile \"$label\"" 'profile|label' \
		sh -c "virt-sandbox-service create -s 'apparmor,static,label=$label' lax -- /usr/bin/sleep infinity && virt-sandbox-service start lax"
	virt-sandbox-service delete lax >/dev/null 2>&1
	nothing_left lax
done
printf 'profile lab-lax flags=(complain,attach_disconnected) {\n}\n' | apparmor_parser -r
refused "a container with a profile that only complains" 'not loaded in enforce mode' \
	virt-sandbox-service create -s apparmor,static,label=lab-lax lax -- /usr/bin/sleep infinity
nothing_left lax
printf 'profile lab-lax flags=(attach_disconnected) {\n file,\n capability,\n network,\n mount,\n umount,\n pivot_root,\n signal,\n ptrace,\n unix,\n}\n' |
	apparmor_parser -r
check "create when that enforces" virt-sandbox-service create -s apparmor,static,label=lab-lax lax -- /usr/bin/sleep infinity
check "start" virt-sandbox-service start lax
expect "with that profile" '^lab-lax \(enforce\)$' cat "/proc/$(property lax pid)/attr/apparmor/current"
check "stop it" virt-sandbox-service stop lax
check "delete it" virt-sandbox-service delete lax
expect "the administrator's profile is still loaded" '^lab-lax \(enforce\)$' cat /sys/kernel/security/apparmor/profiles

for name in web1 other; do
	check "stop $name" virt-sandbox-service stop "$name"
	check "delete $name" virt-sandbox-service delete "$name"
done
refused "the profile is gone" gone sh -c "grep $profile /sys/kernel/security/apparmor/profiles || { echo gone; false; }"
nothing_left web1
done_testing
