# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# What would take the machine down if isolation failed, done by root in a container, with each label and without: the machine and the
# neighbour go on. What does no harm is first seen to work on the host.
# models: selinux smack apparmor none
# seconds: 200
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

denied='Permission denied|Operation not permitted|Read-only|No such (file|device)|not implemented|does not exist'

for name in rogue neighbour; do
	check "create $name" virt-sandbox-service create "$name" -- /usr/bin/sleep infinity
	check "start $name" virt-sandbox-service start "$name"
done

healthy() {
	check "after $1 the neighbour runs" inside neighbour true
	check "after $1 the host's services run" systemctl is-active --quiet dbus.service systemd-journald.service
	virt-sandbox-service start rogue >/dev/null 2>&1 # what killed only itself may come back
	check "after $1 the container runs or comes back" inside rogue true
}

for call in clock mknod swap; do
	check "control: the host may: $call" lab-probe call "$call"
	refused "in a container: $call" "$denied" inside rogue lab-probe call "$call"
done
check "control: the host may: int80" lab-probe call int80
exits "in a container another system call ABI is the end" $((128 + 31)) inside rogue lab-probe call int80
check "control: the host reads its disk" dd if=/dev/vda of=/dev/null bs=4096 count=1
refused "in a container there is no disk" "$denied" inside rogue dd if=/dev/vda of=/dev/null bs=4096 count=1
refused "nor can one be mounted" . inside rogue mount -t ext4 /dev/vda /tmp
for path in /proc/sysrq-trigger /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches /sys/power/state \
	/sys/kernel/uevent_helper /proc/kmsg /proc/kcore /dev/mem /dev/kmsg; do
	refused "$path cannot be written" "$denied" inside rogue dd if=/dev/zero of="$path" bs=1 count=1 conv=nocreat,notrunc
done
for path in /proc/sys /proc/sysrq-trigger /proc/kcore /sys; do
	refused "$path cannot be uncovered" . inside rogue umount -l "$path"
done
refused "a fresh procfs cannot be mounted" . inside rogue sh -c 'mkdir -p /tmp/p && mount -t proc proc /tmp/p'

inside rogue lab-probe call reboot >/dev/null 2>&1
healthy "reboot(2)"
inside rogue lab-probe call killall >/dev/null 2>&1
healthy "kill -9 -1"
inside rogue systemctl poweroff --force --force >/dev/null 2>&1
healthy "systemctl poweroff"

for name in rogue neighbour; do
	virt-sandbox-service stop "$name" >/dev/null 2>&1
	check "delete $name" virt-sandbox-service delete "$name"
	nothing_left "$name"
done
done_testing
