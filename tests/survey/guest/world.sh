#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A machine of its own around a Debian tree, as far as namespaces go; then a script as its init:
#
#	world.sh TREE OUT TESTS SCRIPT [ARGUMENT...]
#
# Runs in fresh mount, network, pid, uts, ipc and cgroup namespaces. The folder TESTS, with the script in it, is /survey/in, and OUT is what the script may
# write to: /survey/out.
set -e
tree=$1 out=$2 tests=$3 script=$4
shift 4

mount --make-rprivate /
mount --bind "$tree" "$tree"
cd "$tree"
mkdir -p survey/in survey/out survey/old
mount --bind "$tests" survey/in
mount --bind "$out" survey/out
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for node in null zero full random urandom tty; do
	: >dev/$node
	mount --bind /dev/$node dev/$node
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
for place in run tmp dev/shm; do mount -t tmpfs -o mode=1777 tmpfs $place; done
chmod 755 run

# An address and a way out that leads nowhere: services look for both.
hostname host
ip link set lo up
ip link add up0 type veth peer name up1
ip link set up1 up
ip link set up0 up
ip address add 192.0.2.1/24 dev up0
ip route add default via 192.0.2.254

pivot_root . survey/old
chroot survey/old umount -l / # the tree may have no umount
exec /bin/sh "/survey/in/$script" "$@"
