# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2009,SC2016
# Container A against container B by the label alone: same user, same namespaces, every capability, a path that leaked.
# Each refusal stands beside the same attempt with B's own label, which succeeds.
# models: selinux smack
# seconds: 150
# shellcheck source=../guest/containers.sh
. "$LAB_IN/guest/containers.sh"

sysctl -qw kernel.yama.ptrace_scope=0 # Yama would refuse ptrace by kinship, whatever the label
for name in a b; do
	check "create $name" virt-sandbox-service create "$name" -- /usr/bin/sleep infinity
	check "start $name" virt-sandbox-service start "$name"
done
label_a=$(process_label a)
label_b=$(process_label b)
note "a: $label_a, b: $label_b"
check "the two have labels of their own" test -n "$label_a" -a "$label_a" != "$label_b"

equal "b's files carry its label" "$(file_label_for "$label_b")" "$(file_label b)"

# A directory of B's tree, at a place that both could reach.
leaked=/run/lab/leaked
mkdir "$trees/b/var/leaked" "$leaked"
label_file "$(file_label_for "$label_b")" "$trees/b/var/leaked"
mount --bind "$trees/b/var/leaked" "$leaked"
as "$label_b" lab-probe hold "$leaked" >"$LAB_OUT/hold.txt" 2>&1 &
check "b holds one object of each kind" wait_until 30 test -s "$leaked/pid"
# Queues take no label from their maker but from their mount, which is a container's own. This one is the host's.
check "a message queue of b's" lab-probe call newqueue
label_file "$(file_label_for "$label_b")" /dev/mqueue/lab-held
# Numbers are no secret: A gets them without looking into the directory.
public=/run/lab/public
mkdir "$public"
cp "$leaked/pid" "$leaked/key" "$public"
label_file "$(file_label_for "$label_a")" "$public" "$public"/*

for what in read write create socket; do
	check "control: b may $what" as "$label_b" lab-probe try "$what" "$leaked"
	refused "a may not $what" 'Permission denied|Operation not permitted' as "$label_a" lab-probe try "$what" "$leaked"
done
for what in signal ptrace proc abstract shm msg queue key; do
	check "control: b may $what" as "$label_b" lab-probe try "$what" "$leaked"
	refused "a may not $what" 'Permission denied|Operation not permitted' as "$label_a" lab-probe try "$what" "$public"
done
kill "$(cat "$public/pid")"
umount "$leaked"
check "stop and delete" sh -c 'for name in a b; do virt-sandbox-service stop $name && virt-sandbox-service delete $name || exit; done'
done_testing
