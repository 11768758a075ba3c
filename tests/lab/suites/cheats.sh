# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The cheats of the "Secure Linux containers cookbook": the container is helped on purpose, by the host's root inside it
# and by no namespace at all, and the label still holds. Each cheat succeeds first without the label.
# models: selinux smack
# seconds: 200
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

denied='Permission denied|Operation not permitted'

mkdir /run/lab/host # the root file system alone: what is mounted below it cannot have its ids mapped
mount --bind / /run/lab/host
refused "create vs1 with the host's root bound into it for writing" 'no container may write there' \
	virt-sandbox-service create -m host-bind:/mnt=/run/lab/host,relabel=no vs1 -- /usr/bin/sleep infinity
check "create vs1 with the host's root bound into it" \
	virt-sandbox-service create -m host-bind:/mnt=/run/lab/host,readonly vs1 -- /usr/bin/sleep infinity
check "create vs2" virt-sandbox-service create vs2 -- /usr/bin/sleep infinity
for name in vs1 vs2; do
	check "start $name" virt-sandbox-service start "$name"
done
label=$(process_label vs1)
note "vs1 runs as $label"
equal "the sibling's files carry its label" "$(file_label_for "$(process_label vs2)")" "$(file_label vs2)"
echo secret >/root/secret
echo secret >"$trees/vs2/var/secret"
label_file "$(file_label_for "$(process_label vs2)")" "$trees/vs2/var/secret"
[ "$LAB_MODEL" = selinux ] || label_file host /root /etc/shadow # the cookbook: "sensitive files should certainly get this label"

# cheat DESCRIPTION COMMAND...: control without the label, then with it.
cheat() {
	local description=$1

	shift
	check "control: without a label one can $description" "$@"
	refused "vs1 cannot $description" "$denied" as "$label" "$@"
}

cheat "ls /root" ls /root
cheat "read /etc/shadow" cat /etc/shadow
cheat "look into the sibling's tree" ls "$trees/vs2/var"
cheat "read the sibling's file" cat "$trees/vs2/var/secret"
cheat "write the sibling's file" sh -c "echo x >>$trees/vs2/var/secret"
cheat "write to the host's /usr" sh -c 'echo x >/usr/local/lab-planted && rm /usr/local/lab-planted'
cheat "plant a new init" sh -c 'ln /usr/sbin/init /usr/sbin/init.lab && rm /usr/sbin/init.lab'
cheat "signal a process of the host" kill -URG 1
cheat "signal the sibling" kill -URG "$(property vs2 pid)"

# A terminal of somebody else's.
script -qc 'tty >/run/lab/tty; sleep 600' /dev/null >/dev/null 2>&1 </dev/null &
terminal=$!
check "somebody has a terminal open" wait_until 30 test -s /run/lab/tty
cheat "write to another's terminal" sh -c "echo x >$(cat /run/lab/tty)"
kill "$terminal"

# kill -9 -1: everybody in a process namespace of their own, so that only the label is left to stop it.
massacre() { # LABEL or nothing of the killer; the victim has vs2's
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare -pf --mount-proc --kill-child bash -c '
		. "$LAB_IN/guest/containers.sh"
		as "$2" sleep 600 >/dev/null 2>&1 &
		sleep 2
		if [ -n "$1" ]; then as "$1" lab-probe call killall; else lab-probe call killall; fi
		sleep 1
		pgrep -x sleep >/dev/null' lab "$1" "$(process_label vs2)"
}
massacre ''
equal "control: without a label, kill -9 -1 kills the sibling" 1 $?
massacre "$label"
equal "with vs1's label the sibling survives kill -9 -1" 0 $?

# Inside the container, as the cookbook does it.
check "control: inside, a command runs" inside vs1 ls /mnt
refused "inside: ls /mnt/root" "$denied" inside vs1 ls /mnt/root
refused "inside: the sibling's tree" "$denied" inside vs1 ls "/mnt$trees/vs2/var"
refused "inside: mknod" "$denied" inside vs1 mknod /tmp/sda1 b 254 0
refused "inside: mount the host's disk" . inside vs1 mount -t ext4 /dev/vda /tmp
refused "inside: mount the host's cgroups" . inside vs1 sh -c 'mkdir /tmp/c && mount -t cgroup cgroup /tmp/c'
refused "inside: rename /sbin" . inside vs1 mv /sbin /sbin.bak
refused "inside: rename the host's /usr/sbin" . inside vs1 mv /mnt/usr/sbin /mnt/usr/sbin.bak
check "inside: kill -9 -1" sh -c 'virt-sandbox-service execute vs1 -- lab-probe call killall; true'
check "the sibling still runs" inside vs2 true
for name in vs1 vs2; do
	virt-sandbox-service stop "$name"
	check "delete $name" virt-sandbox-service delete "$name"
done
done_testing
